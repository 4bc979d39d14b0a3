/** A request as the line that is sent: a guest takes none that is longer. */

import { encode, LONGEST_LINE } from "../../guest/agent/frame.ts";
import { Failure } from "../command/failure.ts";

/**
 * Longest line that a guest says it takes, in bytes.
 *
 * @param said its answer to `session_start`; it is its word and nothing more.
 * @returns the usual where it says none.
 */
export function longestOf(said: unknown): number {
  const { policy } = (said ?? {}) as Record<string, unknown>;
  const { max_message_size_kb: kib } = (policy ?? {}) as Record<
    string,
    unknown
  >;
  const fits = Number.isSafeInteger(kib) && kib as number > 0;
  return fits ? kib as number * 1024 : LONGEST_LINE;
}

/** What makes a request long, and how else it can be given. */
const LONG: Record<string, [what: string, how: string, hint: string]> = {
  program_start: [
    "command line",
    ": give it on standard input",
    "vms-exec VM -- sh <FILE",
  ],
  file_write: ["content", ": copy a file", "vms-cp FILE VM:PATH"],
};

/**
 * @param longest bytes that the guest takes of one line.
 * @throws {Failure} `usage` where it is longer: the guest would refuse it
 * without having read whose it is.
 */
export function requestLine(
  vm: string,
  request: { id: string; method: string; params: object },
  longest: number,
): Uint8Array<ArrayBuffer> {
  const bytes = encode({ jsonrpc: "2.0", ...request });
  const length = bytes.length - 1;
  if (length <= longest) return bytes;
  const [what, how, hint] = LONG[request.method] ?? ["request", ""];
  const size = `${length} bytes, at most ${longest}`;
  throw new Failure(
    "usage",
    `cannot ask the agent of "${vm}"`,
    `the ${what} is too long for a message (${size})${how}`,
    hint?.replace("VM", vm),
  );
}
