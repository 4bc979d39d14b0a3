import { assertEquals } from "@std/assert";
import { DEFAULTS } from "../lib/config/config.ts";

const SHARE = new URL("../share/systemd/", import.meta.url).pathname;
const UNITS = `${SHARE}system/`;

/** As of a session, which the manager of a user asks for. */
const env = { XDG_RUNTIME_DIR: await Deno.makeTempDir() };
Deno.test.afterAll(() => Deno.remove(env.XDG_RUNTIME_DIR, { recursive: true }));

async function run(...words: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(words[0]!, {
    args: words.slice(1),
    env,
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
    for (const manager of ["system", "user"]) {
      for (const { name } of Deno.readDirSync(SHARE + manager)) {
        const unit = `${SHARE}${manager}/${name}`;
        const words = [`--${manager}`, "verify", "--man=no", unit];
        const { code, out, err } = await run("systemd-analyze", ...words);
        assertEquals([code, out, err], [0, "", ""], name);
      }
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
