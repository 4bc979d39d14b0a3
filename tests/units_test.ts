import { assertEquals } from "@std/assert";
import { DEFAULTS } from "../lib/config/config.ts";

const UNITS = new URL("../share/systemd/system/", import.meta.url).pathname;

async function run(...words: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(words[0]!, {
    args: words.slice(1),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

async function missing(program: string): Promise<boolean> {
  return (await run("which", program)).code !== 0;
}

Deno.test({
  name: "units: systemd finds nothing wrong with them",
  ignore: await missing("systemd-analyze"),
  async fn() {
    for (const { name } of Deno.readDirSync(UNITS)) {
      const words = ["verify", "--man=no", UNITS + name];
      const { code, out, err } = await run("systemd-analyze", ...words);
      assertEquals([code, out, err], [0, "", ""], name);
    }
  },
});

Deno.test({
  name: "units: mounts are named after where they are",
  ignore: await missing("systemd-escape"),
  async fn() {
    const { directory, shared } = DEFAULTS.cache;
    for (const path of [directory, shared]) {
      const words = ["--path", "--suffix=mount", path];
      const { out } = await run("systemd-escape", ...words);
      const text = await Deno.readTextFile(UNITS + out.trim());
      assertEquals(/^Where=(.*)$/m.exec(text)?.[1], path);
      assertEquals(/^What=(.*)$/m.exec(text)?.[1]?.startsWith(directory), true);
    }
  },
});
