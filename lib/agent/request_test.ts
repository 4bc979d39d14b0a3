import { assertEquals, assertThrows } from "@std/assert";
import { LONGEST_LINE } from "../../guest/agent/frame.ts";
import { Failure } from "../command/failure.ts";
import { longestOf, requestLine } from "./request.ts";

const policy = (max_message_size_kb: unknown) => ({
  policy: { max_message_size_kb },
});

Deno.test("longestOf() is what the guest says, where that can be", () => {
  assertEquals(longestOf(policy(1)), 1024);
  assertEquals(longestOf(policy(1000)), 1_024_000);
  for (const wrong of [0, -1, 0.5, 1e300, "1", null, undefined, [], {}]) {
    assertEquals(longestOf(policy(wrong)), LONGEST_LINE);
  }
  for (const wrong of [undefined, null, 1, "x", [], {}, { policy: null }]) {
    assertEquals(longestOf(wrong), LONGEST_LINE);
  }
});

/** A request whose line has so many bytes. */
function request(method: string, bytes: number) {
  const of = (x: string) => ({ id: "i", method, params: { x } });
  const empty = JSON.stringify({ jsonrpc: "2.0", ...of("") }).length;
  return of("y".repeat(bytes - empty));
}

Deno.test("requestLine() is as long as the guest takes", () => {
  for (const most of [1024, LONGEST_LINE, 2 * LONGEST_LINE]) {
    const line = requestLine("web", request("ping", most), most);
    assertEquals(line.length, most + 1);
    const error = assertThrows(
      () => requestLine("web", request("ping", most + 1), most),
      Failure,
      `the request is too long for a message (${
        most + 1
      } bytes, at most ${most})`,
    );
    assertEquals([error.exit, error.hint], ["usage", undefined]);
  }
});

Deno.test("requestLine() says how else it can be given", () => {
  const told = (method: string) => {
    const { what, why, hint } = assertThrows(
      () => requestLine("web", request(method, 1025), 1024),
      Failure,
    );
    return [what, why, hint];
  };
  const what = 'cannot ask the agent of "web"';
  const long = "is too long for a message (1025 bytes, at most 1024)";
  assertEquals(told("program_start"), [
    what,
    `the command line ${long}: give it on standard input`,
    "vms-exec web -- sh <FILE",
  ]);
  assertEquals(told("file_write"), [
    what,
    `the content ${long}: copy a file`,
    "vms-cp FILE web:PATH",
  ]);
});
