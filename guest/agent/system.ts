/** What the guest says of itself. */

const KIB = 1024;

/** Text of a file; empty where it cannot be read. */
async function text(path: string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch {
    return "";
  }
}

/** os-release(5). */
export async function systemInfo() {
  const release = await text("/etc/os-release");
  const field = (name: string) =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(release)?.[1];
  return {
    os_type: Deno.build.os,
    os_name: field("NAME") ?? "Linux",
    // Arch has none: it rolls.
    os_version: field("VERSION_ID") ?? field("BUILD_ID") ?? "",
    kernel_version: Deno.osRelease(),
    hostname: Deno.hostname(),
    architecture: Deno.build.arch,
    cpu_count: navigator.hardwareConcurrency,
    total_memory_kb: Math.floor(Deno.systemMemoryInfo().total / KIB),
    uptime_seconds: Math.floor(Deno.osUptime()),
  };
}

interface Interface {
  name: string;
  mac_address: string;
  ipv4_addresses: string[];
  ipv6_addresses: string[];
  state: string;
  mtu: number;
}

/** Cards without an address are there too. */
export async function networkInfo() {
  const found: Interface[] = [];
  for await (const { name } of Deno.readDir("/sys/class/net")) {
    found.push({
      name,
      mac_address: await text(`/sys/class/net/${name}/address`),
      ipv4_addresses: addresses(name, "IPv4"),
      ipv6_addresses: addresses(name, "IPv6"),
      state: await text(`/sys/class/net/${name}/operstate`),
      mtu: Number(await text(`/sys/class/net/${name}/mtu`)),
    });
  }
  return { interfaces: found.sort((a, b) => a.name < b.name ? -1 : 1) };
}

function addresses(name: string, family: "IPv4" | "IPv6"): string[] {
  return Deno.networkInterfaces()
    .filter((one) => one.name === name && one.family === family)
    // cidr is the address of the network in some versions.
    .map(({ address, cidr }) => `${address}/${cidr?.split("/")[1] ?? ""}`);
}

/** df(1) knows how to ask a file system; tmpfs and devtmpfs are left out. */
export async function diskUsage(over: AbortSignal) {
  const fields = "target,source,fstype,size,used,avail,pcent";
  const { stdout } = await new Deno.Command("df", {
    args: [
      "--block-size=1",
      "--exclude-type=tmpfs",
      "--exclude-type=devtmpfs",
      "--exclude-type=efivarfs",
      `--output=${fields}`,
    ],
    stdout: "piped",
    stderr: "null",
    // It waits where a file system's server does not answer.
    signal: over,
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n").slice(1);
  return { filesystems: lines.map(filesystem) };
}

function filesystem(line: string) {
  const words = line.trim().split(/\s+/);
  const [device, fs_type, size, used, available, percent] = words.slice(-6);
  return {
    mount_point: words.slice(0, -6).join(" "),
    device,
    fs_type,
    total_bytes: Number(size),
    used_bytes: Number(used),
    available_bytes: Number(available),
    used_percent: parseInt(percent ?? "") || 0,
  };
}
