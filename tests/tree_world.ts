/** Folders for tests of copies, and copying as somebody without root's rights. */

import type { Pieces } from "../guest/agent/tree_receive.ts";

/** Work in a folder of its own, which is removed whatever its modes became. */
export async function inFolder(
  work: (path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await work(path);
  } finally {
    await new Deno.Command("chmod", { args: ["-R", "u+rwX", path] }).output();
    await Deno.remove(path, { recursive: true });
  }
}

/** All there is in a folder: mode, and content or target. */
export async function listing(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const walk = async (at: string) => {
    for await (const { name } of Deno.readDir(`${path}/${at}`)) {
      const here = `${at}${name}`;
      const info = await Deno.lstat(`${path}/${here}`);
      const mode = (info.mode! & 0o7777).toString(8);
      if (info.isSymlink) {
        found[here] = `-> ${await Deno.readLink(`${path}/${here}`)}`;
      } else if (info.isDirectory) {
        found[`${here}/`] = mode;
        await walk(`${here}/`);
      } else {
        const text = await Deno.readTextFile(`${path}/${here}`);
        found[here] = `${mode} ${text}`;
      }
    }
  };
  await walk("");
  return found;
}

const TRANSFER = new URL("./transfer.ts", import.meta.url).pathname;

/**
 * The guest's end of a copy: the agent's thread, for which modes count as they
 * do for an ordinary user, also where root runs the tests.
 *
 * @param allowed the paths that its policy allows.
 */
export function transfer(
  allowed: string[],
  verb: "send" | "receive",
  ...words: string[]
): Transfer {
  const argv = [Deno.execPath(), "run", "--quiet", "--allow-all", TRANSFER];
  argv.push(verb, JSON.stringify(allowed), ...words);
  if (Deno.uid() === 0) {
    const drop = "--bounding-set=-dac_override,-dac_read_search";
    argv.unshift("setpriv", drop, "--");
  }
  const child = new Deno.Command(argv[0]!, {
    args: argv.slice(1),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  return { child, report: reportOf(child) };
}

export interface Transfer {
  child: Deno.ChildProcess;
  /** Its last line on standard error. */
  report: Promise<Record<string, unknown>>;
}

async function reportOf(
  child: Deno.ChildProcess,
): Promise<Record<string, unknown>> {
  const text = await new Response(child.stderr).text();
  return JSON.parse(text.trim().split("\n").at(-1)!);
}

/** Hand a stream to a transfer that receives. @returns its report. */
export async function pour(
  stream: Pieces,
  { child, report }: Transfer,
): Promise<Record<string, unknown>> {
  const input = ReadableStream.from(stream).pipeTo(child.stdin).catch(() => {});
  await child.stdout.cancel();
  const [said] = await Promise.all([report, input, child.status]);
  return said;
}
