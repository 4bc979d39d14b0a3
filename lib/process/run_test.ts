import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { ChildFailed } from "./result.ts";
import { realRun, traceLine } from "./run.ts";

function logged(options: { trace?: boolean; dryRun?: boolean } = {}) {
  const lines: string[] = [];
  const { trace = false, dryRun = false } = options;
  const run = realRun({ trace, dryRun, log: (line) => lines.push(line) });
  return { run, lines };
}

async function bash(script: string): Promise<string> {
  const { run } = logged();
  return (await run(["bash", "-c", script])).stdout;
}

Deno.test("run() hands back both outputs and the exit code", async () => {
  const { run, lines } = logged();
  const argv = ["sh", "-c", "echo out; echo err >&2; exit 3"];
  assertEquals(await run(argv, { ok: [3] }), {
    code: 3,
    stdout: "out\n",
    stderr: "err\n",
  });
  assertEquals(lines, []);
});

Deno.test("run() throws the last line of a child that failed", async () => {
  const { run } = logged();
  const failed = await assertRejects(
    () => run(["sh", "-c", "echo one >&2; echo two >&2; exit 4"]),
    ChildFailed,
  );
  assertEquals(failed.message, "sh exited with 4: two");
  const silent = await assertRejects(() => run(["false"]), ChildFailed);
  assertEquals(silent.message, "false exited with 1: it printed nothing");
});

Deno.test("run() feeds standard input, also more than a pipe holds", async () => {
  const { run } = logged();
  const stdin = "0123456789".repeat(50_000);
  assertEquals((await run(["cat"], { stdin })).stdout, stdin);
  assertEquals((await run(["cat"], { stdin: "" })).stdout, "");
});

Deno.test("run() survives a child that reads none of its input", async () => {
  const { run } = logged();
  const stdin = "x".repeat(500_000);
  assertEquals((await run(["true"], { stdin })).code, 0);
});

Deno.test("run() gives a child no input where none is given", async () => {
  assertEquals(await bash("cat"), "");
});

Deno.test("run() sets the C locale and what is asked for", async () => {
  const { run } = logged();
  const argv = ["sh", "-c", 'echo "$LC_ALL $MINE"'];
  assertEquals((await run(argv, { env: { MINE: "a b" } })).stdout, "C a b\n");
});

Deno.test("run() says that a program is missing: exit host", async () => {
  const { run } = logged();
  const failure = await assertRejects(
    () => run(["vms-no-such-program"]),
    Failure,
  );
  assertEquals(failure.exit, "host");
  assertEquals(
    failure.message,
    "cannot run vms-no-such-program: the program is not installed",
  );
  assertEquals(failure.hint, "vms-doctor");
});

Deno.test("run() ends the child on its signal", async () => {
  const { run } = logged();
  const signal = AbortSignal.timeout(50);
  const began = performance.now();
  const failed = await assertRejects(
    () => run(["sleep", "30"], { signal }),
    ChildFailed,
  );
  assertEquals(failed.result.code, 143);
  assertEquals(performance.now() - began < 10_000, true);
});

Deno.test("--dry-run runs what only looks and prints what changes", async () => {
  const { run, lines } = logged({ dryRun: true });
  const path = await Deno.makeTempFile();
  const looked = await run(["echo", "a"], { changes: false });
  const changed = await run(["rm", path]);
  assertEquals(looked.stdout, "a\n");
  assertEquals(changed, { code: 0, stdout: "", stderr: "" });
  assertEquals(lines, [`+ rm ${path}`]);
  await Deno.remove(path);
});

Deno.test("--dry-run attaches and detaches nothing", async () => {
  const { run, lines } = logged({ dryRun: true });
  assertEquals(await run.attached(["false"]), 0);
  run.detached(["vms-no-such-program"]);
  assertEquals(lines, ["+ false", "+ vms-no-such-program"]);
});

Deno.test("--trace prints every child, also those that only look", async () => {
  const { run, lines } = logged({ trace: true });
  await run(["true"], { changes: false });
  await run(["true", "a b"]);
  await run(["true"], { trace: ["one", "two"] });
  assertEquals(lines, ["+ true", "+ true 'a b'", "+ one", "+ two"]);
});

Deno.test("traceLine() pastes into a shell", async () => {
  const words = [
    "printf",
    "[%s]",
    "a b",
    "it's",
    "$HOME",
    "`id`",
    "\n",
    "",
    "ü",
    "\\",
  ];
  assertEquals(
    await bash(traceLine(words)),
    "[a b][it's][$HOME][`id`][\n][][ü][\\]",
  );
});

Deno.test("traceLine() gives standard input as a here-document", async () => {
  const text = "<a b='$HOME'>\n`id` \\\n</a>";
  assertEquals(await bash(traceLine(["cat"], text)), `${text}\n`);
});

Deno.test("traceLine() ends its here-document by no line of the text", async () => {
  const text = "one\nEND\ntwo";
  assertEquals(await bash(traceLine(["cat"], text)), `${text}\n`);
});

Deno.test("attached() hands back the exit code", async () => {
  const { run } = logged();
  assertEquals(await run.attached(["sh", "-c", "exit 7"]), 7);
});

Deno.test("talk() reads and writes while the child runs", async () => {
  const { run } = logged();
  const child = run.talk(["cat"]);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("hello\n"));
  await writer.close();
  assertEquals(await new Response(child.stdout).text(), "hello\n");
  assertEquals((await child.status).code, 0);
});

Deno.test("detached() starts what outlives this process", async () => {
  const { run } = logged();
  const path = await Deno.makeTempFile();
  await Deno.remove(path);
  run.detached(["mkdir", path]);
  for (let i = 0; i < 100; i++) {
    if (await Deno.stat(path).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await Deno.remove(path);
});
