import { assertEquals } from "@std/assert";
import { examFor } from "../../tests/doctor_world.ts";
import { fakeRun, type Step } from "../process/fake_run.ts";
import { kernel, kvm } from "./kvm.ts";

const PATHS = ["dev/kvm", "sys/module/kvm_intel", "sys/module/kvm_amd"];

/** What is said where stat(1) and grep(1) answer like this. */
async function said(
  { nodes, flag, uid = 0 }: { nodes: string[]; flag?: string; uid?: number },
) {
  await using exam = await examFor({ uid });
  const { root } = exam.host;
  const paths = PATHS.map((path) => `${root}/${path}`);
  const grep = `grep -o -w -m1 -E vmx|svm ${root}/proc/cpuinfo`;
  const asked: Step[] = flag === undefined ? [] : [[grep, { stdout: flag }]];
  using run = fakeRun([
    [`stat --format=%n|%F|%a|%G ${paths.join(" ")}`, {
      code: 1,
      stdout: nodes.map((node) => `${root}/${node}\n`).join(""),
    }],
    ...asked,
  ]);
  const found = await kvm.examine({ ...exam, run });
  return found.map(({ level, what, cure }) => [level, what, cure]);
}

const INTEL = "sys/module/kvm_intel|directory|755|root";
const device = (mode: string, group: string) =>
  `dev/kvm|character special file|${mode}|${group}`;

Deno.test("kvm: fine where a module is loaded and QEMU may open it", async () => {
  assertEquals(await said({ nodes: [device("666", "root"), INTEL] }), []);
  assertEquals(await said({ nodes: [device("660", "kvm"), INTEL] }), []);
});

Deno.test("kvm: QEMU has to be let in", async () => {
  const what =
    "QEMU cannot open /dev/kvm: its group is not kvm, or may not use it";
  for (
    const [mode, group] of [["600", "root"], ["660", "root"], ["600", "kvm"]]
  ) {
    assertEquals(
      await said({ nodes: [device(mode!, group!), INTEL], uid: 7 }),
      [
        [
          "error",
          what,
          "sudo chown root:kvm /dev/kvm && sudo chmod 0660 /dev/kvm",
        ],
      ],
    );
  }
});

Deno.test("kvm: a device with something else behind it is to be hidden", async () => {
  const [[level, what, cure] = []] = await said({
    nodes: [device("666", "kvm")],
  });
  assertEquals([level, cure], ["error", "mount --bind /dev/null /dev/kvm"]);
  assertEquals(
    what?.startsWith("behind /dev/kvm is neither kvm_intel nor kvm_amd"),
    true,
  );
});

Deno.test("kvm: without it, the processor says whether there could be", async () => {
  assertEquals(await said({ nodes: [], flag: "" }), [[
    "warning",
    "this host has no hardware virtualisation, so VMs are slow: " +
    "it may be off in the firmware, or at the host of a VM",
    undefined,
  ]]);
  assertEquals(await said({ nodes: [], flag: "svm\n" }), [[
    "error",
    "the processor could run VMs quickly, but kvm_amd is not loaded",
    "modprobe kvm_amd",
  ]]);
  // What was hidden as kvm() tells.
  const hidden = "dev/kvm|regular empty file|644|root";
  assertEquals((await said({ nodes: [hidden], flag: "" }))[0]![0], "warning");
});

Deno.test("kvm: reads real files below its root", async () => {
  await using exam = await examFor({
    files: { "proc/cpuinfo": "flags : fpu vmx sse\n", "dev/kvm": "" },
  });
  const [found] = await kvm.examine(exam);
  assertEquals(found!.cure, "modprobe kvm_intel");
});

/** What is said of a kernel, and what brings a newer one. */
async function ofKernel(release: string, id = "void") {
  await using exam = await examFor({
    kernel: release,
    files: { "etc/os-release": `ID=${id}\n` },
    uid: 7,
  });
  const found = await kernel.examine(exam);
  // Whoever wants it installs it, and reboots.
  assertEquals(found.some(({ repair }) => repair), false);
  return found.map(({ what, cure }) => [what.split(";")[0], cure]);
}

Deno.test("kernel: warns of one older than 5.10", async () => {
  const releases = ["4.19.0-27-amd64", "5.9.16", "5.10.0", "6.18.3-arch1-1"];
  const found = await Promise.all(releases.map((one) => ofKernel(one)));
  assertEquals(found, [
    [["the kernel 4.19.0-27-amd64 is older than 5.10", undefined]],
    [["the kernel 5.9.16 is older than 5.10", undefined]],
    [],
    [],
  ]);
});

Deno.test("kernel: names what installs a newer one", async () => {
  const cure = async (id: string) => (await ofKernel("4.19.0", id))[0]![1];
  assertEquals(await cure("arch"), "sudo pacman -Syu");
  assertEquals(
    await cure("debian"),
    "sudo apt-get update -q && sudo apt-get install -y --no-install-recommends linux-image-amd64",
  );
});
