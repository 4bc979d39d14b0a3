import { assertEquals } from "@std/assert";
import type { Listed } from "../libvirt/domain.ts";
import type { Metadata } from "../libvirt/metadata.ts";
import type { WarmImage } from "./image.ts";
import { unfit } from "./spare.ts";

const listed: Listed = {
  name: "disp-1000",
  state: "paused",
  kind: "spare",
  template: "gui@3",
};
const metadata: Metadata = { kind: "spare", fork: "0123abcd" };
const image = { version: "gui@3", id: "0123abcd" } as WarmImage;

Deno.test("unfit() finds nothing where all is as it was made", () => {
  assertEquals(unfit(listed, metadata, image), undefined);
});

Deno.test("unfit() tells what ran, and what is of another image", () => {
  const ran = "it was resumed by hand";
  assertEquals(unfit({ ...listed, state: "running" }, metadata, image), ran);
  const old = "its warm image is not the newest";
  const baked = { ...image, id: "ffffffff" };
  assertEquals(unfit(listed, metadata, baked), old);
  assertEquals(unfit(listed, metadata, { ...image, version: "gui@4" }), old);
  assertEquals(unfit(listed, metadata, undefined), old);
});
