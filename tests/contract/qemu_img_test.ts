/** What is believed of qemu-img, asked of the real one. */

import { assertEquals, assertRejects } from "@std/assert";
import { ChildFailed } from "../../lib/process/result.ts";
import { realRun } from "../../lib/process/run.ts";

const run = realRun({ trace: false, dryRun: false, log: () => {} });

async function withFolder(work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function create(path: string, ...more: string[]) {
  await run(["qemu-img", "create", "-q", "-f", "qcow2", ...more, path]);
}

const SETTINGS = "cluster_size=128k,extended_l2=on";

Deno.test("qemu-img: a layer has our clusters and takes up next to nothing", async () => {
  await withFolder(async (folder) => {
    const base = `${folder}/base.qcow2`;
    const layer = `${folder}/layer.qcow2`;
    await run(["qemu-img", "create", "-q", "-f", "qcow2", base, "20G"]);
    await create(layer, "-o", SETTINGS, "-F", "qcow2", "-b", base);
    const { stdout } = await run([
      "qemu-img",
      "info",
      "--backing-chain",
      "--output=json",
      layer,
    ]);
    const chain = JSON.parse(stdout);
    assertEquals(chain.map((one: { filename: string }) => one.filename), [
      layer,
      base,
    ]);
    assertEquals(chain[0]["cluster-size"], 128 * 1024);
    assertEquals(chain[0]["virtual-size"], 20 * 2 ** 30);
    assertEquals(chain[0]["format-specific"].data["extended-l2"], true);
    assertEquals(chain[0]["actual-size"] < 2 ** 20, true);
  });
});

Deno.test("qemu-img: create replaces an image silently, so it must not be asked to", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.qcow2`;
    await run(["qemu-img", "create", "-q", "-f", "qcow2", path, "1M"]);
    await run(["qemu-io", "-f", "qcow2", "-c", "write -P 7 0 64k", path]);
    await run(["qemu-img", "create", "-q", "-f", "qcow2", path, "1M"]);
    const { code } = await run(
      ["qemu-io", "-f", "qcow2", "-c", "read -P 7 0 64k", path],
      { ok: [0, 1] },
    );
    assertEquals(code, 1, "the data is gone");
  });
});

Deno.test("qemu-img: a chain whose base is gone cannot be read", async () => {
  await withFolder(async (folder) => {
    const base = `${folder}/base.qcow2`;
    await run(["qemu-img", "create", "-q", "-f", "qcow2", base, "1M"]);
    await create(`${folder}/layer.qcow2`, "-F", "qcow2", "-b", base);
    await Deno.remove(base);
    const failed = await assertRejects(
      () =>
        run(["qemu-img", "info", "--backing-chain", `${folder}/layer.qcow2`]),
      ChildFailed,
    );
    assertEquals(
      failed.message,
      `qemu-img exited with 1: qemu-img: Could not open '${base}': ` +
        `Could not open '${base}': No such file or directory`,
    );
  });
});

Deno.test("qemu-img: a text file is no qcow2 image", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/text.qcow2`;
    await Deno.writeTextFile(path, "not an image\n");
    const failed = await assertRejects(
      () => run(["qemu-img", "info", "-f", "qcow2", path]),
      ChildFailed,
    );
    assertEquals(failed.message.includes("Image is not in qcow2 format"), true);
  });
});
