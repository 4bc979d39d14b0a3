/** `exec_command`: a program run to its end, and what it printed. */

import { CODE, RpcError } from "./json_rpc.ts";
import { joined } from "./frame.ts";
import { type ProgramSpec, startProgram } from "./program.ts";
import type { Stream } from "./protocol.ts";

/** Most output of one program that is kept, in bytes. */
const MOST_OUTPUT = 8 * 1024 * 1024;

export interface CommandResult {
  exit_code: number;
  stdout: string;
  stderr: string;
  execution_time_ms: number;
}

/**
 * @param over when nobody waits for it any more: it is killed then.
 * @throws {RpcError} `command` where it printed too much; the reason of `over`.
 */
export async function runCommand(
  spec: ProgramSpec,
  capture: boolean,
  over: AbortSignal,
): Promise<CommandResult> {
  const began = performance.now();
  const parts: Record<Stream, Uint8Array[]> = { stdout: [], stderr: [] };
  let size = 0;
  const program = startProgram(spec, (stream, bytes) => {
    size += bytes.length;
    if (capture && size > MOST_OUTPUT) program.end();
    else if (capture) parts[stream].push(bytes);
    return Promise.resolve();
  }, over);
  await program.endInput();
  const { exit_code } = await program.exit;
  if (capture && size > MOST_OUTPUT) {
    throw new RpcError(CODE.command, "it printed more than 8 MiB");
  }
  const text = (stream: Stream) =>
    new TextDecoder("utf-8", { ignoreBOM: true })
      .decode(joined(parts[stream]));
  return {
    exit_code,
    stdout: text("stdout"),
    stderr: text("stderr"),
    execution_time_ms: Math.round(performance.now() - began),
  };
}
