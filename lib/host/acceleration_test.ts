import { assertEquals } from "@std/assert";
import { Virsh } from "../libvirt/virsh.ts";
import { fakeRun, type Step } from "../process/fake_run.ts";
import { acceleration, chooseAcceleration } from "./acceleration.ts";

const URI = "qemu:///system";

/** Which of the modules are loaded; stat fails where one is not there. */
function modules(...loaded: string[]): Step {
  const paths = loaded.map((name) => `/sys/module/${name}\n`);
  return ["stat --format=%n /sys/module/kvm_intel /sys/module/kvm_amd", {
    code: 1,
    stdout: paths.join(""),
    stderr: "stat: cannot statx '/sys/module/...': No such file or directory",
  }];
}

/** What libvirt offers: kvm where it could open /dev/kvm. */
function offered(...types: string[]): Step {
  const domains = types.map((type) => `<domain type='${type}'/>`).join("");
  return [`virsh -c ${URI} capabilities`, {
    stdout: `<capabilities><guest><arch>${domains}</arch></guest>` +
      "</capabilities>",
  }];
}

const SLOW = "warning: no hardware acceleration, so VMs are slow: ";

const CASES: [name: string, steps: Step[], type: string, said: string[]][] = [
  [
    "kvm_intel",
    [modules("kvm_intel"), offered("qemu", "kvm")],
    "kvm",
    [],
  ],
  ["kvm_amd", [modules("kvm_amd"), offered("qemu", "kvm")], "kvm", []],
  [
    "neither module, whatever lies at /dev/kvm",
    [modules()],
    "qemu",
    [`${SLOW}neither kvm_intel nor kvm_amd is loaded`],
  ],
  [
    "a /dev/kvm that does not open",
    [modules("kvm_amd"), offered("qemu")],
    "qemu",
    [`${SLOW}libvirt cannot use /dev/kvm`],
  ],
];

for (const [name, steps, type, said] of CASES) {
  Deno.test(`chooseAcceleration() with ${name} takes ${type}`, async () => {
    using run = fakeRun(steps);
    const lines: string[] = [];
    const virsh = new Virsh(run, URI);
    const chosen = await chooseAcceleration(virsh, (line) => lines.push(line));
    assertEquals([chosen, lines], [type, said]);
  });
}

Deno.test("acceleration() of another host is what its libvirt offers", async () => {
  const uri = "qemu+ssh://host/system";
  using run = fakeRun([[`virsh -c ${uri} capabilities`, {
    stdout: "<domain type='kvm'/>",
  }]]);
  assertEquals(await acceleration(new Virsh(run, uri)), { type: "kvm" });
});
