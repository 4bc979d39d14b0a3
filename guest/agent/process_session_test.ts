import { assertEquals } from "@std/assert";
import { inFolder } from "../../tests/tree_world.ts";
import { endSession, inSession } from "./process_session.ts";

/** A program in a session of its own. */
function begin(command: string, ...args: string[]): Deno.ChildProcess {
  const piped = { stdout: "piped", stderr: "null" } as const;
  return new Deno.Command(command, { args, ...piped, detached: true }).spawn();
}

/** Its first lines, a word each; and when all have ended who hold its output. */
async function said(child: Deno.ChildProcess, lines: number) {
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\n").length <= lines) {
    text += (await reader.read()).value ?? "";
  }
  const words = text.trim().split("\n");
  return { words, ended: reader.read().then(({ done }) => done) };
}

Deno.test("endSession() ends jobs that have groups of their own", async () => {
  const script = "set -m; sleep 30 & echo $!; sleep 31 & echo $!; wait";
  const child = begin("bash", "-c", script);
  const { words, ended } = await said(child, 2);
  const all = [child.pid, ...words.map(Number)];
  assertEquals(inSession(child.pid).sort(), all.sort());
  endSession(child.pid);
  // All that held its output have ended.
  assertEquals(await ended, true);
  assertEquals((await child.status).signal, "SIGKILL");
});

Deno.test("endSession() ends what is left of a session without its leader", async () => {
  const child = begin("bash", "-c", "set -m; sleep 30 & echo $!");
  const { words, ended } = await said(child, 1);
  await child.status;
  assertEquals(inSession(child.pid), words.map(Number));
  endSession(child.pid);
  assertEquals(await ended, true);
});

Deno.test("endSession() leaves other sessions alone, and one that is gone", async () => {
  const other = begin("sleep", "30");
  const child = begin("true");
  await child.output();
  endSession(child.pid);
  assertEquals(inSession(other.pid), [other.pid]);
  other.kill("SIGKILL");
  await other.output();
});

Deno.test("inSession() is not led astray by a program's name", () =>
  inFolder(async (folder) => {
    const name = `${folder}/a) S 1 1 1 1`;
    await Deno.copyFile("/usr/bin/sleep", name);
    const child = begin(name, "30");
    assertEquals(inSession(child.pid), [child.pid]);
    endSession(child.pid);
    assertEquals((await child.output()).signal, "SIGKILL");
  }));
