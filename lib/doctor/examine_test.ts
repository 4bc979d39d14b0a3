import { assertEquals } from "@std/assert";
import { examFor } from "../../tests/doctor_world.ts";
import type { Check } from "./exam.ts";
import { examine } from "./examine.ts";
import type { Problem } from "./finding.ts";
import { verdict } from "./report.ts";

function check(id: string, examine: Check["examine"]): Check {
  return { id, fine: `${id} is fine`, needs: [], examine };
}

function problem(id: string, rest: Partial<Problem> = {}): Problem {
  return { id, level: "error", kind: "host", what: `${id} is wrong`, ...rest };
}

/** What is reported of these checks, and what is left. */
async function go(
  checks: Check[],
  { repair = false, dryRun = false, uid = 0 } = {},
) {
  await using exam = await examFor({ uid });
  const said: string[] = [];
  const left = await examine(checks, exam, {
    found: ({ level, what }) => void said.push(`${level}: ${what}`),
    cured: ({ id }) => void said.push(`cured: ${id}`),
  }, { repair, dryRun });
  return { said, ...verdict(left, exam, { repair }) };
}

/** Wrong until it is cured. */
function curable(rest: Partial<Problem> = {}) {
  let wrong = true;
  const repair = () => Promise.resolve(void (wrong = false));
  return check(
    "a",
    () => Promise.resolve(wrong ? [problem("a", { repair, ...rest })] : []),
  );
}

Deno.test("examine() goes on where a check cannot be made", async () => {
  const checks = [
    check("a", () => Promise.reject(new Error("broken"))),
    check("b", () => Promise.resolve([])),
  ];
  assertEquals(await go(checks), {
    said: ["error: could not look at this: broken", "ok: b is fine"],
    exit: "host",
    summary: "1 error",
    hint: undefined,
  });
});

Deno.test("examine() cures only when told to, and looks again", async () => {
  assertEquals(await go([curable()]), {
    said: ["error: a is wrong"],
    exit: "host",
    summary: "1 error",
    hint: "vms-doctor --repair",
  });
  assertEquals(await go([curable()], { repair: true }), {
    said: ["cured: a", "ok: a is fine"],
    summary: "all is well",
  });
  const idle = { repair: () => Promise.resolve() };
  assertEquals((await go([curable(idle)], { repair: true })).said, [
    "cured: a",
    "error: a is wrong",
  ]);
});

Deno.test("examine() says why a cure failed", async () => {
  const repair = () => Promise.reject(new Error("no\nway"));
  assertEquals((await go([curable({ repair })], { repair: true })).said, [
    'error: a is wrong; the cure failed: "no\\nway"',
  ]);
});

Deno.test("examine() leaves to root what needs root", async () => {
  const options = { repair: true, uid: 1000 };
  assertEquals(await go([curable({ root: true })], options), {
    said: ["error: a is wrong"],
    exit: "host",
    summary: "1 error",
    hint: "sudo vms-doctor --repair",
  });
});

Deno.test("verdict() tells left-overs from what the host lacks", async () => {
  const found = (...problems: Problem[]) =>
    go([check("x", () => Promise.resolve(problems))]);
  const remains = problem("a", { kind: "remains" });
  const warning = problem("b", { level: "warning" });
  assertEquals((await found(remains, warning)).exit, "failed");
  assertEquals((await found(remains, warning)).summary, "1 error, 1 warning");
  assertEquals((await found(remains, problem("c"))).exit, "host");
  assertEquals((await found(warning)).exit, undefined);
});
