import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import type { Failure } from "../command/failure.ts";
import { realRun } from "../process/run.ts";
import { devices } from "./device.ts";
import { unpackTree, unplug } from "./recorded_tree.ts";

const sysfs = await unpackTree();
const run = realRun({ trace: false, dryRun: false, log: () => {} });

Deno.test.afterAll(() => Deno.remove(sysfs, { recursive: true }));

Deno.test("devices() reads sysfs in the order of ports", async () => {
  const found = await devices(run, sysfs);
  const ports = found.map(({ port, hub }) => hub ? `${port} hub` : port);
  assertEquals(ports, [
    "1-2",
    "1-3",
    "2-1 hub",
    "2-1.1",
    "2-1.3",
    "2-1.4",
    "2-2 hub",
    "2-10",
    "usb1 hub",
    "usb2 hub",
  ]);
  assertEquals(found.find(({ port }) => port === "2-1.4"), {
    port: "2-1.4",
    bus: 2,
    device: 12,
    id: "0781:5567",
    name: "SanDisk Cruzer Blade",
    serial: "4C530000280817114350",
    hub: false,
  });
  assertEquals(found.find(({ port }) => port === "1-2")!.serial, undefined);
});

Deno.test("devices() lets no control character of a device through", async () => {
  const liar = (await devices(run, sysfs)).find(({ port }) => port === "2-10")!;
  assertEquals(
    liar.name,
    "?[2J?]0;owned? Stick?31m?txt.exe",
  );
});

Deno.test("devices() leaves out what is pulled out meanwhile", async () => {
  const tree = await unpackTree();
  const stick = join(tree, "bus/usb/devices/1-2");
  await Deno.remove(join(stick, "devnum"));
  await unplug(tree, "1-3");
  const ports = (await devices(run, tree)).map(({ port }) => port);
  assertEquals(ports.filter((port) => port.startsWith("1-")), []);
  await Deno.remove(tree, { recursive: true });
});

Deno.test("devices() says that the kernel has no USB", async () => {
  const failure: Failure = await devices(run, "/nowhere").catch((error) =>
    error
  );
  assertEquals([failure.exit, failure.message], [
    "host",
    "cannot look for USB devices: there is no /nowhere/bus/usb/devices: " +
    "the kernel of this host has no USB",
  ]);
});
