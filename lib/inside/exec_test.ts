/** In a guest that is an agent on this host. */

import { assertEquals, assertRejects } from "@std/assert";
import { localAgent } from "../../tests/local_agent.ts";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import { output } from "../command/output.ts";
import { fakeRun } from "../process/fake_run.ts";
import { execBy, type ExecOptions } from "./exec.ts";

/** The exit code and what was printed, on a terminal or elsewhere. */
async function ran(
  argv: string[],
  { onTerminal: terminal = false, ...options }:
    & ExecOptions
    & { onTerminal?: boolean } = {},
) {
  await using agent = await localAgent("web");
  let out = "";
  const context = fakeContext(fakeRun([]), {
    out: {
      ...output({ json: false, terminal }),
      // deno-lint-ignore require-await
      async bytes(bytes) {
        out += new TextDecoder().decode(bytes);
      },
    },
  });
  const { session } = agent;
  return { code: await execBy(session, context, "web", argv, options), out };
}

Deno.test("execBy() kills what takes too long, with an exit code of its own", async () => {
  const error = await assertRejects(
    () => ran(["sleep", "600"], { timeout: 1 }),
    Failure,
  );
  assertEquals(error.exit, "timeout");
  assertEquals(
    error.message,
    'cannot wait for sleep in "web": it did not end within 1 s',
  );
});

Deno.test("execBy() lets a guest draw on a terminal, and puts it back", async () => {
  const script = String.raw`printf '\033(\033]0;evil\a\033[31mred\033[?1000h'`;
  const argv = ["sh", "-c", script];
  assertEquals(await ran(argv, { onTerminal: true }), {
    code: 0,
    out: "\x1b[31mred\x1b[?1000h\x1b[m\x1b[?1000l",
  });
  assertEquals(await ran(argv), {
    code: 0,
    out: "\x1b(\x1b]0;evil\x07\x1b[31mred\x1b[?1000h",
  });
});
