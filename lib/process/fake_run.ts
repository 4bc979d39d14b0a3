/** For tests: a `Run` that is a table of the calls that are expected. */

import { assertEquals } from "@std/assert";
import { ChildFailed, type Result } from "./result.ts";
import type { Run, RunOptions } from "./run.ts";

/** The words of one call, what it is given on stdin, and what it answers. */
export type Step = [
  argv: string,
  answer?: Partial<Result> & { stdin?: string },
];

/** Ids made up on the way, in the place of which a table says `ID`. */
const UUID =
  /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/**
 * Answers the calls of the table in their order. An unknown call fails, and
 * disposing of it fails when an expected call was never made:
 *
 * ```ts
 * using run = fakeRun([["virsh -c test:///default list", { stdout: "" }]]);
 * ```
 * `ID` in an answer stands for the id in the call.
 */
export function fakeRun(steps: Step[]): Run & Disposable {
  const left = [...steps];
  const next = (argv: readonly string[], options: RunOptions): Result => {
    const said = argv.join(" ");
    const id = said.match(UUID)?.[0] ?? "ID";
    const [expected, answer = {}] = left.shift() ?? ["(no further call)"];
    assertEquals(said.replaceAll(UUID, "ID"), expected);
    const { stdin, ...result } = answer;
    if (stdin !== undefined) assertEquals(options.stdin, stdin);
    const filled = { code: 0, stdout: "", stderr: "", ...result };
    return {
      ...filled,
      stdout: filled.stdout.replaceAll("ID", id),
      stderr: filled.stderr.replaceAll("ID", id),
    };
  };
  // deno-lint-ignore require-await
  const run = async (argv: readonly string[], options: RunOptions = {}) => {
    const result = next(argv, options);
    if (!(options.ok ?? [0]).includes(result.code)) {
      throw new ChildFailed(argv, result);
    }
    return result;
  };
  return Object.assign(run, {
    attached: (argv: readonly string[], options: RunOptions = {}) =>
      Promise.resolve(next(argv, options).code),
    talk(): never {
      throw new Error("a table of calls cannot be talked to");
    },
    skips: () => false,
    detached: (argv: readonly string[]) => next(argv, {}).code === 0,
    [Symbol.dispose]: () => assertEquals(left, [], "calls never made"),
  });
}
