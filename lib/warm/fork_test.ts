import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { readState } from "./fork.ts";
import type { WarmImage } from "./image.ts";

const SIZE = 8192;

/** The files of a warm image, each as long as it should be. */
async function withImage(
  work: (image: WarmImage) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const at = (end: string) => `${folder}/gui@3.warm-0123abcd.${end}`;
  const image: WarmImage = {
    version: "gui@3",
    id: "0123abcd",
    key: "",
    units: [],
    memory: at("mem"),
    size: SIZE,
    disk: at("qcow2"),
    layer: SIZE + 1,
    stateFile: at("state"),
    state: 3,
    readonly: false,
  };
  try {
    await Deno.writeFile(image.memory, new Uint8Array(SIZE));
    await Deno.writeFile(image.disk, new Uint8Array(SIZE + 1));
    await Deno.writeFile(image.stateFile, new Uint8Array([1, 2, 3]));
    await work(image);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function notWhole(image: WarmImage) {
  const error = await assertRejects(() => readState(image), Failure);
  const what = "cannot fork gui@3: its warm image is not whole";
  assertEquals([error.message, error.hint], [what, "vms-warm bake gui@3"]);
}

Deno.test("readState() reads that of an image that is whole", () =>
  withImage(async (image) => {
    assertEquals(await readState(image), new Uint8Array([1, 2, 3]));
  }));

for (const part of ["memory", "disk", "stateFile"] as const) {
  Deno.test(`readState() refuses an image whose ${part} is cut, or gone`, () =>
    withImage(async (image) => {
      await Deno.truncate(image[part], 1);
      await notWhole(image);
      await Deno.remove(image[part]);
      await notWhole(image);
    }));
}

Deno.test("readState() refuses an image whose disk was never measured", () =>
  withImage((image) => notWhole({ ...image, layer: NaN })));
