import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import {
  domainNamed,
  dumped,
  listed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { lock } from "../lock/lock.ts";
import { startWhenOff } from "./start_when_off.ts";

/** Nobody else's VM has it: locks are those of this host. */
const WEB = `web-${crypto.randomUUID().slice(0, 8)}`;

const warn = () => {};

Deno.test("startWhenOff() starts those that are off, and says which", () =>
  withLibvirt([
    listed([
      { name: WEB, state: "shut off", kind: "appvm" },
      { name: "on", state: "running", kind: "appvm" },
    ]),
    [`virsh nwfilter-dumpxml vms-${WEB}`, { error: "no nwfilter" }],
    ["virsh nwfilter-dumpxml vms.nat", { error: "no nwfilter" }],
    dumped(domainNamed(WEB, { metadata: { kind: "appvm" } }), "--inactive"),
    [`virsh start -- ${WEB}`],
  ], async (libvirt) => {
    assertEquals(await startWhenOff(libvirt, [WEB, "on"], { warn }), [WEB]);
  }));

Deno.test("startWhenOff() keeps away from a VM that another command is making", async () => {
  using _making = await lock("vm", WEB);
  const failure = await assertRejects(
    () => withLibvirt([], (libvirt) => startWhenOff(libvirt, [WEB], { warn })),
    Failure,
  );
  assertEquals(failure.exit, "conflict");
});
