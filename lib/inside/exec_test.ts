/** In a guest that is an agent on this host. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { localAgent } from "../../tests/local_agent.ts";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import { output } from "../command/output.ts";
import { fakeRun } from "../process/fake_run.ts";
import { execBy, type ExecOptions } from "./exec.ts";

/** The exit code and what was printed, on a terminal or elsewhere. */
async function ran(
  argv: string[],
  { onTerminal: terminal = false, tell, ...options }:
    & ExecOptions
    & { onTerminal?: boolean; tell?: (out: string) => void } = {},
) {
  await using agent = await localAgent("web");
  let out = "";
  const context = fakeContext(fakeRun([]), {
    out: {
      ...output({ json: false, terminal }),
      // deno-lint-ignore require-await
      async bytes(bytes) {
        out += new TextDecoder().decode(bytes);
        tell?.(out);
      },
    },
  });
  const { session } = agent;
  const code = await execBy(session, context, "web", argv, options);
  return { code, out, said: context.said };
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

Deno.test("execBy() hands on what only a program understands, any number", async () => {
  const script = "n=0; trap 'n=$((n + 1)); echo $n' USR1; " +
    "trap 'echo quit; exit 9' QUIT; echo up; while :; do sleep 0.02; done";
  // Again and again: bash loses one that comes while its trap still runs.
  let last = "";
  const tell = (out: string) => last = out.trimEnd().split("\n").at(-1)!;
  const timer = setInterval(() => {
    if (last === "" || last === "quit") return;
    Deno.kill(Deno.pid, Number(last) >= 5 ? "SIGQUIT" : "SIGUSR1");
  }, 50);
  try {
    const { code, out } = await ran(["bash", "-c", script], { tell });
    assertEquals(code, 9);
    assertMatch(out, /^up\n1\n2\n3\n4\n5\n([0-9]+\n)*quit\n$/);
  } finally {
    clearInterval(timer);
  }
});

Deno.test("execBy() says which directory is not there", async () => {
  assertEquals(await ran(["true"], { directory: "/nowhere" }), {
    said: ['cannot run true in "web": there is no directory /nowhere'],
    code: 127,
    out: "",
  });
});

Deno.test("execBy() lets a guest draw on a terminal, and puts it back", async () => {
  const script = String.raw`printf '\033(\033]0;evil\a\033[31mred\033[?1000h'`;
  const argv = ["sh", "-c", script];
  assertEquals(await ran(argv, { onTerminal: true }), {
    said: [],
    code: 0,
    out: "\x1b[31mred\x1b[?1000h\x1b[m\x1b[?1000l",
  });
  assertEquals(await ran(argv), {
    said: [],
    code: 0,
    out: "\x1b(\x1b]0;evil\x07\x1b[31mred\x1b[?1000h",
  });
});
