import { assertEquals } from "@std/assert";
import { capacity } from "./capacity.ts";

const GIB = 2 ** 30;
const need = (ownBytes: number | null, memoryMaxBytes: number | null) => ({
  ownBytes,
  memoryMaxBytes,
});

Deno.test("capacity() is room for average VMs, as they are and when full", () => {
  const vms = [need(GIB / 4, GIB), need(GIB * 3 / 4, GIB)];
  assertEquals(capacity(vms, 10.9 * GIB), {
    measured: 2,
    ownBytes: GIB,
    eachBytes: GIB / 2,
    more: 21,
    // One more GiB may go to those that run.
    moreWhenFull: 9,
  });
});

Deno.test("capacity() takes what QEMU has beside a full guest as given", () => {
  const { more, moreWhenFull } = capacity([need(2 * GIB, GIB)], 6 * GIB);
  assertEquals([more, moreWhenFull], [3, 3]);
});

Deno.test("capacity() has no room to give where VMs may yet take it", () => {
  const vms = [need(GIB / 4, 4 * GIB)];
  const { more, moreWhenFull } = capacity(vms, GIB);
  assertEquals([more, moreWhenFull], [4, 0]);
});

Deno.test("capacity() does not guess", () => {
  assertEquals(capacity([], GIB), {
    measured: 0,
    ownBytes: 0,
    eachBytes: null,
    more: null,
    moreWhenFull: null,
  });
  const unknown = capacity([need(null, GIB), need(GIB / 2, null)], GIB);
  assertEquals(unknown, {
    measured: 1,
    ownBytes: GIB / 2,
    eachBytes: GIB / 2,
    more: 2,
    moreWhenFull: null,
  });
});
