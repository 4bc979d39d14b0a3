/** The files in a template's image, read without booting or mounting it. */

import { assertEquals } from "@std/assert";
import { run } from "./vms.ts";

const SECTOR = 512;

/** Where partitions of a raw image with a GPT begin, in bytes: UEFI 2.10, 5.3. */
async function partitions(path: string): Promise<number[]> {
  using file = await Deno.open(path);
  const read = async (at: number, length: number) => {
    const bytes = new Uint8Array(length);
    await file.seek(at, Deno.SeekMode.Start);
    await file.read(bytes);
    return new DataView(bytes.buffer);
  };
  const head = await read(SECTOR, SECTOR);
  assertEquals(head.getBigUint64(0), 0x4546492050415254n, "no EFI PART");
  const [count, size] = [head.getUint32(80, true), head.getUint32(84, true)];
  const table = Number(head.getBigUint64(72, true)) * SECTOR;
  const entries = await read(table, count * size);
  return Array.from(
    { length: count },
    (_, i) => Number(entries.getBigUint64(i * size + 32, true)) * SECTOR,
  ).filter((at) => at > 0);
}

export class Image implements AsyncDisposable {
  private constructor(
    readonly path: string,
    readonly esp: number,
    readonly root: number,
  ) {}

  /** An image of the pool and all that it rests on, in a copy. */
  static async open(volume: string): Promise<Image> {
    const path = await Deno.makeTempFile({ suffix: ".raw" });
    const from = `/var/lib/libvirt/images/${volume}`;
    const ran = await run(["qemu-img", "convert", "-O", "raw", from, path]);
    assertEquals(ran.code, 0, ran.stderr);
    const [esp = 0, root = 0] = await partitions(path);
    return new Image(path, esp, root);
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.path);
  }

  /** What a request to debugfs(8) prints; undefined where nothing is there. */
  async #ask(request: string): Promise<string | undefined> {
    const device = `${this.path}?offset=${this.root}`;
    const { stdout, stderr } = await run(["debugfs", "-R", request, device]);
    const said = stderr.replace(/^debugfs [\d.]+ .*\n/, "");
    if (/File not found/.test(said)) return;
    assertEquals(said, "", request);
    return stdout;
  }

  async text(path: string): Promise<string> {
    const text = await this.#ask(`cat ${path}`);
    if (text === undefined) throw new Error(`there is no ${path}`);
    return text;
  }

  /** Names in a directory; none where it is not there. */
  async names(path: string): Promise<string[]> {
    return (await this.#entries(path)).map(({ name }) => name);
  }

  async #entries(path: string): Promise<{ name: string; folder: boolean }[]> {
    const listed = await this.#ask(`ls -p ${path}`) ?? "";
    // `/inode/mode/uid/gid/name/size/`
    return listed.split("\n").filter(Boolean).map((line) => line.split("/"))
      .map(([, , mode, , , name = ""]) => ({
        name,
        folder: mode!.startsWith("04"),
      }))
      .filter(({ name }) => name !== "." && name !== "..");
  }

  /** Paths of all files below a directory. */
  async files(path: string): Promise<string[]> {
    const found: string[] = [];
    for (const { name, folder } of await this.#entries(path)) {
      const own = `${path}/${name}`;
      if (folder) found.push(...await this.files(own));
      else found.push(own);
    }
    return found;
  }

  /** Paths of all that is on the EFI system partition, such as `/EFI/`. */
  async bootFiles(): Promise<string[]> {
    const device = `${this.path}@@${this.esp}`;
    const ran = await run(["mdir", "-b", "-/", "-i", device, "::/"]);
    assertEquals(ran.code, 0, ran.stderr);
    return ran.stdout.split("\n").filter(Boolean)
      .map((line) => line.replace(/^::/, ""));
  }
}
