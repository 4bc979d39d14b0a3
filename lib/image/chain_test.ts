import { assertEquals } from "@std/assert";
import type { Volume } from "../libvirt/volume.ts";
import { chainOf, dependents, missingImage, topFirst } from "./chain.ts";

function volume(name: string, backing?: string): Volume {
  const path = `/p/${name}`;
  const on = backing && `/p/${backing}`;
  return {
    name,
    path,
    capacity: 1,
    allocation: 1,
    physical: 1,
    format: "qcow2",
    backing: on,
  };
}

const VOLUMES = [
  volume("web.qcow2", "gui@1.qcow2"),
  volume("gui@1.qcow2", "minimal@1.qcow2"),
  volume("minimal@1.qcow2"),
  volume("copy.qcow2", "web.qcow2"),
  volume("copy.home.qcow2", "web.home.qcow2"),
  volume("web.home.qcow2"),
  volume("web.1.qcow2", "web.qcow2"),
  volume("lost.qcow2", "gone@9.qcow2"),
];

Deno.test("chainOf() goes down to the base", () => {
  const names = chainOf(VOLUMES, "/p/web.1.qcow2").map(({ name }) => name);
  assertEquals(names, [
    "web.1.qcow2",
    "web.qcow2",
    "gui@1.qcow2",
    "minimal@1.qcow2",
  ]);
});

Deno.test("chainOf() ends in a loop", () => {
  const loop = [volume("a.qcow2", "b.qcow2"), volume("b.qcow2", "a.qcow2")];
  assertEquals(chainOf(loop, "/p/a.qcow2").length, 2);
});

Deno.test("missingImage() names the first image that is gone", () => {
  assertEquals(missingImage(VOLUMES, "/p/web.1.qcow2"), undefined);
  assertEquals(missingImage(VOLUMES, "/p/lost.qcow2"), "/p/gone@9.qcow2");
  assertEquals(missingImage(VOLUMES, "/p/never.qcow2"), "/p/never.qcow2");
});

Deno.test("dependents() names others once, and not itself", () => {
  assertEquals(dependents(VOLUMES, "web"), ["copy"]);
  assertEquals(dependents(VOLUMES, "minimal@1"), ["gui@1"]);
  assertEquals(dependents(VOLUMES, "copy"), []);
});

Deno.test("topFirst() puts layers before what they rest on", () => {
  const names = topFirst(VOLUMES.slice(0, 3)).map(({ name }) => name);
  assertEquals(names, ["web.qcow2", "gui@1.qcow2", "minimal@1.qcow2"]);
});
