import { assertEquals } from "@std/assert";
import { kept, kibibytes, milliseconds, table, times } from "./finding.ts";

const ours = { name: "vms-list", wall: [30, 50], cpu: 20 };
const theirs = { name: "virsh list", wall: [10, 10], cpu: 9 };

Deno.test("kept() is undefined where there is no goal", () => {
  assertEquals(kept(times(ours, theirs)), undefined);
  assertEquals(kept(times(ours, theirs, { atMost: 4 })), true);
  assertEquals(kept(times(ours, theirs, { atLeast: 5 })), false);
});

Deno.test("table() is aligned and says what was missed", () => {
  const lines = table([
    times(ours, theirs, { atMost: 3 }),
    milliseconds(ours, { atMost: 80 }),
    kibibytes("bytes", [2048, 4096]),
  ]);
  assertEquals(lines, [
    "                         MEDIAN         RANGE        GOAL              WALL MS       CPU MS",
    "vms-list / virsh list    4.00 x  3.00 to 5.00   at most 3  MISSED  40.0 / 10.0  20.0 / 9.00",
    "vms-list                40.0 ms  30.0 to 50.0  at most 80      ok         40.0         20.0",
    "bytes                  3.00 KiB  2.00 to 4.00",
  ]);
});
