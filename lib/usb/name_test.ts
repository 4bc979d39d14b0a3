import { assertEquals } from "@std/assert";
import type { Failure } from "../command/failure.ts";
import { realRun } from "../process/run.ts";
import { devices } from "./device.ts";
import { parseAddress, resolve } from "./name.ts";
import { unpackTree } from "./recorded_tree.ts";

const sysfs = await unpackTree();
const run = realRun({ trace: false, dryRun: false, log: () => {} });
const plugged = await devices(run, sysfs);
await Deno.remove(sysfs, { recursive: true });

for (
  const [word, port] of [
    ["2-1.4", "2-1.4"],
    ["4C530001230512118294", "2-1.3"],
    ["1050:0407", "1-3"],
    ["1234:ABCD", "2-10"],
  ] as const
) {
  Deno.test(`resolve() finds ${word}`, () => {
    assertEquals(resolve(plugged, word).port, port);
  });
}

const NONE = "no USB device has that port, id or serial";
const HUB = "it is a hub, and what is plugged into it would stay on this " +
  "host; attach the devices behind it";
const ROOT = "it is a root hub, a part of this host";
const TWO = "2 devices have that name; name one by its port: 2-1.3, 2-1.4";
const ROOTS = "2 devices have that name; name one by its port: usb1, usb2";

for (
  const [word, exit, why] of [
    ["9-9", "missing", NONE],
    ["", "missing", NONE],
    ["dead:beef", "missing", NONE],
    ["\x1b[2J", "missing", NONE],
    ["2-1", "conflict", HUB],
    ["05e3:0610", "conflict", HUB],
    ["2-2", "conflict", HUB],
    ["usb1", "conflict", ROOT],
    ["0000:02:00.0", "conflict", ROOT],
    ["0781:5567", "conflict", TWO],
    ["1d6b:0002", "conflict", ROOTS],
  ] as const
) {
  const shown = JSON.stringify(word);
  Deno.test(`resolve() refuses ${shown}: ${exit}`, () => {
    let failure;
    try {
      resolve(plugged, word);
    } catch (error) {
      failure = error as Failure;
    }
    assertEquals(failure?.exit, exit);
    assertEquals(failure?.message, `cannot use ${shown}: ${why}`);
  });
}

Deno.test("resolve() names two of one serial by their ports", () => {
  const twin = { ...resolve(plugged, "1-2"), serial: "SAME" };
  let said;
  try {
    resolve([twin, { ...twin, port: "1-9" }], "SAME");
  } catch (error) {
    said = (error as Error).message;
  }
  assertEquals(
    said,
    'cannot use "SAME": 2 devices have that name; name one by its port: ' +
      "1-2, 1-9",
  );
});

Deno.test("resolve() takes no serial for a port", () => {
  // The device in 2-10 claims the serial "2-1.4".
  const liar = plugged.filter(({ port }) => port === "2-10");
  let exit;
  try {
    resolve(liar, "2-1.4");
  } catch (error) {
    exit = (error as Failure).exit;
  }
  assertEquals(exit, "missing");
});

Deno.test("parseAddress() reads an address and nothing else", () => {
  assertEquals(parseAddress("002:013"), { bus: 2, device: 13 });
  assertEquals(parseAddress("1050:0407"), undefined);
  assertEquals(parseAddress("2-1.4"), undefined);
});
