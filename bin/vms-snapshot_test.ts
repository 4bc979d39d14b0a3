import { assertEquals } from "@std/assert";
import { permittedRun } from "../tests/permitted.ts";
import { vmsSnapshot } from "./vms-snapshot.ts";

Deno.test("vms-snapshot create --detach says that it is for --memory", async () => {
  const words = ["create", "--detach", "web", "clean"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: permittedRun(vmsSnapshot, "bin/vms-snapshot.ts", words),
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [
    2,
    'vms-snapshot: cannot make the snapshot "clean": ' +
    "--detach is for --memory; without it shares are not in the way\n" +
    "vms-snapshot: try: vms-snapshot create web clean\n",
  ]);
});
