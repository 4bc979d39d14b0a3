/** `exec_command`: a program run to its end, and what it printed. */

import { CODE, RpcError } from "./json_rpc.ts";
import { joined } from "./frame.ts";
import { type ProgramSpec, startProgram } from "./program.ts";
import type { Stream } from "./protocol.ts";

const SIGKILL = 9;

/** Most output of one program that is kept, in bytes. */
const MOST_OUTPUT = 8 * 1024 * 1024;

export interface CommandResult {
  exit_code: number;
  stdout: string;
  stderr: string;
  execution_time_ms: number;
}

/** @throws {RpcError} `timeout`, `command` where it printed too much. */
export async function runCommand(
  spec: ProgramSpec,
  seconds: number,
  capture: boolean,
): Promise<CommandResult> {
  const began = performance.now();
  const parts: Record<Stream, Uint8Array[]> = { stdout: [], stderr: [] };
  let size = 0;
  let why: RpcError | undefined;
  const program = await startProgram(spec, (stream, bytes) => {
    size += bytes.length;
    if (capture && size > MOST_OUTPUT) {
      why ??= new RpcError(CODE.command, "it printed more than 8 MiB");
      program.signal(SIGKILL);
    } else if (capture) parts[stream].push(bytes);
    return Promise.resolve();
  });
  const timer = setTimeout(() => {
    why ??= new RpcError(CODE.timeout, `it ran for more than ${seconds} s`);
    program.signal(SIGKILL);
  }, seconds * 1000);
  await program.endInput();
  const { exit_code } = await program.exit;
  clearTimeout(timer);
  if (why) throw why;
  const text = (stream: Stream) =>
    new TextDecoder().decode(joined(parts[stream]));
  return {
    exit_code,
    stdout: text("stdout"),
    stderr: text("stderr"),
    execution_time_ms: Math.round(performance.now() - began),
  };
}
