/**
 * What `virsh domstats --raw` tells of the domains, all in one call: virsh(1),
 * and virConnectGetAllDomainStats in libvirt's reference.
 */

/** Counters of one domain. What libvirt does not know is undefined. */
export interface DomainStats {
  name: string;
  /**
   * Nanoseconds of CPU time since its start; of the virtual CPUs alone where
   * libvirt has no control group that counts all.
   */
  cpuTime?: number;
  vcpus?: number;
  /** Bytes: what QEMU holds of the host's memory. */
  resident?: number;
  /** Bytes: what the guest has now, and could have. */
  memory?: number;
  memoryMax?: number;
  /** Where the guest tells. Bytes, and when in seconds since 1970. */
  guest?: { total: number; usable: number; at: number };
  disks: DiskStats[];
  /** Bytes since its start, of all its network cards. */
  received?: number;
  sent?: number;
}

export interface DiskStats {
  /** Such as `vda`. */
  target: string;
  /** Bytes of the top layer that are written to. */
  allocation?: number;
  /** Bytes read and written since its start. */
  read?: number;
  written?: number;
}

/** The answer to `virsh domstats --raw`. */
export function readDomainStats(text: string): DomainStats[] {
  return text.split(/^Domain: /m).slice(1).map((part) => {
    const [head = "", ...lines] = part.split("\n");
    const fields = new Map(lines.map(field));
    return statsOf(head.trim().replace(/^'(.*)'$/, "$1"), fields);
  });
}

type Read = (key: string) => number | undefined;

/** The guest's own words, by its balloon driver. */
function guestOf(kibibytes: Read, number: Read): DomainStats["guest"] {
  const total = kibibytes("balloon.available");
  const usable = kibibytes("balloon.usable");
  const at = number("balloon.last-update");
  if (total === undefined || usable === undefined || !at) return;
  return { total, usable, at };
}

function field(line: string): [key: string, value: string] {
  const [, key = "", value = ""] = /^\s*([^=]+)=(.*)$/.exec(line) ?? [];
  return [key, value];
}

function statsOf(name: string, fields: Map<string, string>): DomainStats {
  const number = (key: string) => {
    const text = fields.get(key);
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const kibibytes = (key: string) => {
    const count = number(key);
    return count === undefined ? undefined : count * 1024;
  };
  const each = (group: string) =>
    Array.from({ length: number(`${group}.count`) ?? 0 }, (_, i) => i);
  const cards = each("net").filter((i) => number(`net.${i}.rx.bytes`) != null);
  const sum = (key: string) =>
    cards.reduce((all, i) => all + (number(`net.${i}.${key}`) ?? 0), 0);
  return {
    name,
    cpuTime: number("cpu.time") ?? vcpuTime(number),
    vcpus: number("vcpu.current"),
    resident: kibibytes("balloon.rss"),
    memory: kibibytes("balloon.current"),
    memoryMax: kibibytes("balloon.maximum"),
    guest: guestOf(kibibytes, number),
    disks: each("block").map((i) => ({
      target: fields.get(`block.${i}.name`) ?? `${i}`,
      allocation: number(`block.${i}.allocation`),
      read: number(`block.${i}.rd.bytes`),
      written: number(`block.${i}.wr.bytes`),
    })),
    received: cards.length > 0 ? sum("rx.bytes") : undefined,
    sent: cards.length > 0 ? sum("tx.bytes") : undefined,
  };
}

/** Undefined where there is none that counts. */
function vcpuTime(
  number: (key: string) => number | undefined,
): number | undefined {
  const most = number("vcpu.maximum") ?? 0;
  const times = Array.from({ length: most }, (_, i) => number(`vcpu.${i}.time`))
    .filter((time) => time !== undefined);
  return times.length > 0
    ? times.reduce((all, time) => all + time, 0)
    : undefined;
}
