import { assertEquals } from "@std/assert";
import { nextLayer, ownerOf, readVolumeName, volumeName } from "./names.ts";

Deno.test("volumeName() and readVolumeName() are each other's opposite", () => {
  const names = [
    "web.qcow2",
    "web.3.qcow2",
    "web.home.qcow2",
    "web.home.1.qcow2",
  ];
  for (const name of names) {
    const { vm, kind, layer } = readVolumeName(name)!;
    assertEquals(volumeName(vm, kind, layer), name);
  }
});

Deno.test("readVolumeName() knows what no VM made", () => {
  const others = [
    "gui@3.qcow2",
    "gui@build.30-base.qcow2",
    "web.memory.s",
    "x.iso",
  ];
  assertEquals(others.map(readVolumeName), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("ownerOf() is all before the first dot", () => {
  assertEquals(ownerOf("web.home.2.qcow2"), "web");
  assertEquals(ownerOf("gui@3.proof.qcow2"), "gui@3");
});

Deno.test("nextLayer() is above all that are there, also gaps", () => {
  const volumes = ["web.qcow2", "web.4.qcow2", "web.home.qcow2", "webb.9.qcow2"]
    .map((name) => ({ name }));
  assertEquals(nextLayer(volumes, "web", "root"), "web.5.qcow2");
  assertEquals(nextLayer(volumes, "web", "home"), "web.home.1.qcow2");
  assertEquals(nextLayer(volumes, "new", "root"), "new.qcow2");
});
