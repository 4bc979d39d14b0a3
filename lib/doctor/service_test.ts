import { assertEquals } from "@std/assert";
import { examFor, type HostSpec } from "../../tests/doctor_world.ts";
import { fakeRun, type Step } from "../process/fake_run.ts";
import { membership, service } from "./service.ts";

const ASK = "virsh -c qemu:///system uri";
const down = (why: string) => ({
  code: 1,
  stderr: `error: failed to connect to the hypervisor\nerror: ${why}\n`,
});
const GROUP = { "etc/group": "root:x:0:\nlibvirt:x:970:\n" };

async function said(
  check: typeof service,
  steps: Step[],
  spec: HostSpec = {},
) {
  using run = fakeRun(steps);
  await using exam = await examFor({ ...spec, run });
  const found = await check.examine(exam);
  return found.map(({ what, cure }) => [what, cure]);
}

Deno.test("libvirt: fine where it answers", async () => {
  assertEquals(await said(service, [[ASK, { stdout: "qemu:///system" }]]), []);
});

Deno.test("libvirt: is started as this host starts it", async () => {
  const no = "Failed to connect socket: No such file or directory";
  const what = `libvirt cannot be reached at qemu:///system: ${no}`;
  const cureWith = async (files: Record<string, string>) => {
    const [[said1, cure] = []] = await said(service, [[ASK, down(no)]], {
      files,
    });
    assertEquals(said1, what);
    return cure;
  };
  const systemd = { "run/systemd/system/x": "" };
  const units = "usr/lib/systemd/system";
  assertEquals(await cureWith({}), "libvirtd --daemon");
  assertEquals(
    await cureWith({
      ...systemd,
      [`${units}/libvirtd.service`]: "",
      [`${units}/virtqemud.service`]: "",
    }),
    "systemctl enable --now libvirtd.service",
  );
  assertEquals(
    await cureWith({ ...systemd, [`${units}/virtqemud.service`]: "" }),
    "systemctl enable --now virtqemud.socket virtnetworkd.socket virtnwfilterd.socket virtstoraged.socket virtnodedevd.socket virtsecretd.socket",
  );
});

Deno.test("libvirt: where it refuses or is far away, starting is no cure", async () => {
  const denied = down("authentication unavailable: Permission denied");
  assertEquals(await said(service, [[ASK, denied]], { uid: 1000 }), [[
    "libvirt cannot be reached at qemu:///system: permission denied: you are not in the libvirt group",
    undefined,
  ]]);
  const uri = "qemu+ssh://far/system";
  const steps: Step[] = [[`virsh -c ${uri} uri`, down("no route to host")]];
  assertEquals((await said(service, steps, { uri }))[0]![1], undefined);
});

Deno.test("group: a user outside is let in by root", async () => {
  const files = GROUP;
  const steps: Step[] = [
    ["id -un", { stdout: "ann\n" }],
    ["id -Gn ann", { stdout: "ann wheel\n" }],
    ["id -Gn", { stdout: "ann wheel\n" }],
  ];
  assertEquals(await said(membership, steps, { files, uid: 1000 }), [[
    "ann is not in the group libvirt (after that: log in anew)",
    "sudo usermod -aG libvirt ann",
  ]]);
});

Deno.test("group: under sudo, it is the user who called it", async () => {
  const files = GROUP;
  const steps: Step[] = [["id -Gn ann", { stdout: "ann wheel\n" }]];
  const spec = { files, sudoUser: "ann" };
  assertEquals(
    (await said(membership, steps, spec))[0]![1],
    [
      "usermod -aG libvirt ann",
    ][0],
  );
});

Deno.test("group: who was let in since has to log in anew", async () => {
  const files = GROUP;
  const steps: Step[] = [
    ["id -un", { stdout: "ann\n" }],
    ["id -Gn ann", { stdout: "ann libvirt\n" }],
    ["id -Gn", { stdout: "ann\n" }],
  ];
  assertEquals(await said(membership, steps, { files, uid: 1000 }), [[
    "ann is in the group libvirt since after the last login",
    "newgrp libvirt",
  ]]);
});

Deno.test("group: root needs none, and without libvirt there is none", async () => {
  const files = GROUP;
  const root: Step[] = [
    ["id -un", { stdout: "root\n" }],
    ["id -Gn root", { stdout: "root\n" }],
  ];
  assertEquals(await said(membership, root, { files }), []);
  assertEquals(await said(membership, []), []);
});
