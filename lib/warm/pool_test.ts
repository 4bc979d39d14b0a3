import { assertEquals } from "@std/assert";
import {
  DIRECTORY,
  domainNamed,
  dumped,
  type Expected,
  listed,
  type Table,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import type { Listed } from "../libvirt/domain.ts";
import type { Metadata } from "../libvirt/metadata.ts";
import { fakeRun } from "../process/fake_run.ts";
import { keyOf } from "./key.ts";
import { poolStates, refill } from "./pool.ts";
import { setPoolSize } from "./pool_size.ts";

/** Nobody else has them: locks are those of this host. */
const TEMPLATE = `test-${crypto.randomUUID().slice(0, 8)}`;
const VERSION = `${TEMPLATE}@3`;
const [number] = crypto.getRandomValues(new Uint16Array(1));
const SPARE = `disp-${100_000 + number!}`;

const GIB = 2 ** 30;
const QEMU = "Running hypervisor: QEMU 7.2.22\n";
const PROCESSOR = "grep -E -m4 ^(vendor_id|model name|microcode|flags)\\b " +
  "/proc/cpuinfo";
const ID = "0123abcd";

async function key(): Promise<string> {
  using run = fakeRun([[PROCESSOR]]);
  const frozen = {
    name: VERSION,
    type: "qemu",
    memory: GIB,
    vcpus: 1,
  } as const;
  return await keyOf(run, QEMU, frozen);
}

const version: Listed = {
  name: VERSION,
  state: "shut off",
  kind: "template",
};
const template = domainNamed(VERSION, {
  metadata: {
    kind: "template",
    warm: { id: ID, key: await key(), state: 1, layer: 1, units: [] },
  },
});

const spare: Listed = {
  name: SPARE,
  state: "paused",
  kind: "spare",
  template: VERSION,
};
const metadata: Metadata = {
  kind: "spare",
  template: VERSION,
  fork: ID,
  owner: Deno.uid()!,
  cpuTime: 0,
};
const forked = domainNamed(SPARE, { metadata });

/** What tells which warm image there is. */
const IMAGE: Expected[] = [
  dumped(template),
  ["stat --format=%n /sys/module/kvm_intel /sys/module/kvm_amd"],
  ["virsh version", { stdout: QEMU }],
  [PROCESSOR],
];

/** What tells whether the spare has run. */
function asked(cpuTime: number): Expected[] {
  return [dumped(forked), [`virsh domstats --raw --vcpu ${SPARE}`, {
    stdout: `Domain: '${SPARE}'\n  vcpu.maximum=1\n  vcpu.0.time=${cpuTime}\n`,
  }]];
}

function memory(total: number, available: number): Expected {
  const line = (name: string, bytes: number) =>
    `/proc/meminfo\0${name}: ${bytes / 1024} kB\n`;
  return ["grep -HsZ  -- /proc/meminfo", {
    stdout: line("MemTotal", total) + line("MemAvailable", available),
  }];
}

/** Nothing was left by others. */
function swept(list: Listed[]): Expected[] {
  return [listed(list), ...volumesListed([])];
}

const GONE = { error: "failed to get domain" };

/** It is ended, and what it wrote is deleted. */
const ENDED: Expected[] = [
  [`virsh destroy -- ${SPARE}`],
  [`virsh undefine --keep-nvram --managed-save --snapshots-metadata -- ${SPARE}`],
  ["virsh pool-refresh -- default"],
  [`virsh vol-delete --pool default -- ${SPARE}.qcow2`],
  [`virsh vol-delete --pool default -- ${SPARE}.nvram.fd`],
  [`virsh nwfilter-undefine vms-${SPARE}`],
];

const SHORT = `warning: the pool of ${TEMPLATE} is not full: ` +
  "memory is short on this host";

/** With one spare wanted, and the settings of nobody. */
async function wantingOne<T>(work: () => Promise<T>): Promise<T> {
  const home = await Deno.makeTempDir();
  const before = Deno.env.get("XDG_CONFIG_HOME");
  Deno.env.set("XDG_CONFIG_HOME", home);
  try {
    await setPoolSize(TEMPLATE, 1);
    return await work();
  } finally {
    if (before === undefined) Deno.env.delete("XDG_CONFIG_HOME");
    else Deno.env.set("XDG_CONFIG_HOME", before);
    await Deno.remove(home, { recursive: true });
  }
}

/** What it says. */
function filling(table: Table): Promise<string[]> {
  return wantingOne(async () => {
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    await withLibvirt(table, (libvirt) => refill(libvirt, say));
    return said;
  });
}

Deno.test("refill() makes none where less than a tenth of the memory would be left", async () => {
  const table = (available: number, ...more: Expected[]) => [
    listed([version]),
    ...swept([version]),
    ...IMAGE,
    dumped(template),
    memory(10 * GIB, available),
    ...more,
  ];
  assertEquals(await filling(table(2 * GIB)), [SHORT]);
  // Enough: it begins to make one.
  const begins: Expected = ["virsh list --all --title", { error: "too busy" }];
  const why = SHORT.replace(/memory.*/, "cannot list VMs: too busy");
  assertEquals(await filling(table(2 * GIB + 4096, begins)), [why]);
});

Deno.test("refill() makes none where there are enough", async () => {
  const list = [version, spare];
  const table = [
    listed(list),
    ...swept(list),
    ...IMAGE,
    ...asked(0),
    dumped(template),
  ];
  assertEquals(await filling(table), []);
});

Deno.test("refill() ends a spare that ran, also where it is paused again", async () => {
  const list = [version, spare];
  const table = [
    listed(list),
    ...swept(list),
    ...IMAGE,
    ...asked(60_000_000),
    dumped(forked),
    dumped(forked),
    [`virsh dumpxml --inactive -- ${SPARE}`, GONE] as Expected,
    ...ENDED,
    dumped(template),
    memory(10 * GIB, GIB),
  ];
  assertEquals(await filling(table), [SHORT]);
});

Deno.test("refill() deletes what a spare wrote whose QEMU was killed", async () => {
  const table = [
    listed([version]),
    listed([version]),
    ...volumesListed([
      { name: `${SPARE}.qcow2`, backing: `${DIRECTORY}/${VERSION}.qcow2` },
    ]),
    listed([version]),
    [`virsh dumpxml -- ${SPARE}`, GONE] as Expected,
    [`virsh dumpxml --inactive -- ${SPARE}`, GONE] as Expected,
    ...ENDED,
    ...IMAGE,
    dumped(template),
    memory(10 * GIB, GIB),
  ];
  assertEquals(await filling(table), [SHORT]);
});

Deno.test("poolStates() says which warm image is of another vms", async () => {
  const { metadata, ...rest } = template;
  const warm = { ...metadata.warm!, layer: NaN };
  const old = dumped({ ...rest, metadata: { ...metadata, warm } });
  const table = [listed([version]), old, ...IMAGE.slice(1)];
  const [state] = await wantingOne(() => withLibvirt(table, poolStates));
  const why = "its warm image is of another QEMU, kernel, processor or vms";
  assertEquals(state, { name: TEMPLATE, wanted: 1, ready: 0, why });
});

Deno.test("poolStates() counts a spare that has never run alone", async () => {
  for (const [cpuTime, ready] of [[0, 1], [60_000_000, 0]] as const) {
    const table = [listed([version, spare]), ...IMAGE, ...asked(cpuTime)];
    const states = await wantingOne(() => withLibvirt(table, poolStates));
    const why = ready === 1 ? "" : "to be filled";
    assertEquals(states, [{ name: TEMPLATE, wanted: 1, ready, why }]);
  }
});
