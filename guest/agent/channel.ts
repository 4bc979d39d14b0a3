/**
 * An end of a copy: a program of our own, which is told the number of its pipe.
 * Deno's streams would do, and take several times as long.
 */

import { exitOf, spawn } from "./child.ts";
import { openPipe, signalGroup } from "./libc.ts";
import { NonblockingFile } from "./nonblocking.ts";
import { pump } from "./output.ts";
import type { Program, ProgramSpec, Sink } from "./program.ts";
import { CHANNEL } from "./protocol.ts";

const PIPES = { stdin: "null", stdout: "null", stderr: "piped" } as const;

export function onChannel(
  spec: ProgramSpec,
  does: "reads" | "writes",
  sink: Sink,
): Program {
  const { ours, theirs } = openPipe(does);
  const file = new NonblockingFile(ours.fd);
  let child: Deno.ChildProcess;
  try {
    const environment = { ...spec.environment, [CHANNEL]: `${theirs.fd}` };
    child = spawn({ ...spec, environment }, [], PIPES);
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  } finally {
    // Nothing else has been started meanwhile.
    theirs[Symbol.dispose]();
  }
  const over = child.status.then(() => {});
  const said = Promise.all([
    pump(child.stderr, over, (bytes) => sink("stderr", bytes)),
    does === "writes" ? hear(file, sink) : undefined,
  ]);
  return {
    // One that does not read its input says why on its standard error.
    input: (bytes) => file.write(bytes).catch(() => {}),
    // deno-lint-ignore require-await
    endInput: async () => file[Symbol.dispose](),
    signal: (number) => signalGroup(child.pid, number),
    resize() {},
    exit: child.status.then(async (status) => {
      await said;
      file[Symbol.dispose]();
      return exitOf(status);
    }),
  };
}

async function hear(file: NonblockingFile, sink: Sink) {
  for (let bytes; (bytes = await file.read()).length > 0;) {
    await sink("stdout", bytes);
  }
}
