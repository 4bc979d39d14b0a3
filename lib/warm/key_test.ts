import { assertEquals, assertNotEquals } from "@std/assert";
import { fakeRun } from "../process/fake_run.ts";
import { type Frozen, keyOf } from "./key.ts";

const CPU = "vendor_id\t: AuthenticAMD\nmodel name\t: EPYC\n" +
  "microcode\t: 0xa0011d1\nflags\t\t: fpu vme sse4_2\n";

const VERSIONS = "Using library: libvirt 9.0.0\nUsing API: QEMU 9.0.0\n" +
  "Running hypervisor: QEMU 7.2.22\n";

const FROZEN: Frozen = {
  name: "gui@3",
  type: "kvm",
  memory: 2 ** 30,
  vcpus: 2,
};

interface Changed {
  versions?: string;
  cpu?: string;
  kernel?: string;
  frozen?: Partial<Frozen>;
}

async function key(
  { versions = VERSIONS, cpu = CPU, kernel, frozen }: Changed = {},
): Promise<string> {
  const pattern = "^(vendor_id|model name|microcode|flags)\\b";
  using run = fakeRun([
    [`grep -E -m4 ${pattern} /proc/cpuinfo`, { stdout: cpu }],
  ]);
  const own = Deno.osRelease;
  if (kernel) Deno.osRelease = () => kernel;
  try {
    return await keyOf(run, versions, { ...FROZEN, ...frozen });
  } finally {
    Deno.osRelease = own;
  }
}

Deno.test("keyOf() is the same where nothing has changed", async () => {
  assertEquals(await key(), await key());
});

for (
  const [what, changed] of Object.entries<Changed>({
    QEMU: { versions: VERSIONS.replace("QEMU 7.2.22", "QEMU 7.2.23") },
    libvirt: { versions: VERSIONS.replace("libvirt 9.0.0", "libvirt 9.0.1") },
    "the kernel": { kernel: "6.1.0-99-amd64" },
    "the processor's flags": { cpu: CPU.replace(" sse4_2", "") },
    "its microcode": { cpu: CPU.replace("0xa0011d1", "0xa0011d5") },
    acceleration: { frozen: { type: "qemu" } },
    memory: { frozen: { memory: 2 ** 31 } },
    "the number of CPUs": { frozen: { vcpus: 3 } },
    "the version that is frozen": { frozen: { name: "gui@4" } },
  })
) {
  Deno.test(`keyOf() is another where ${what} changed`, async () => {
    assertNotEquals(await key(changed), await key());
  });
}
