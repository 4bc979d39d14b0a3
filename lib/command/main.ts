/** Run a command as a program: the only place that prints and exits. */

import { plainText } from "../names/plain_text.ts";
import { realRun } from "../process/run.ts";
import { ChildFailed } from "../process/result.ts";
import type { Context } from "./context.ts";
import type { Command } from "./declaration.ts";
import { EXIT, Failure, GuestExit } from "./failure.ts";
import { help } from "./help.ts";
import { onInterrupt } from "./interrupt.ts";
import { output } from "./output.ts";
import { checkOperand, type Invocation, parse } from "./parse.ts";
import { progress } from "./progress.ts";
import { takeAllBack } from "../undo/undo.ts";
import { VERSION } from "./version.ts";

/** Parse the words, run the action, end the process with its exit code. */
export async function main(
  command: Command,
  argv: readonly string[] = Deno.args,
): Promise<never> {
  Deno.exit(await execute(command, argv));
}

/** The same, but hand the exit code back. */
export async function execute(
  command: Command,
  argv: readonly string[],
): Promise<number> {
  return await reporting(command.name, (error) => {
    return perform(command, argv, error);
  });
}

/** Do the work; what it throws becomes a message and an exit code. */
export async function reporting(
  name: string,
  work: (error: (line: string) => void) => Promise<number>,
): Promise<number> {
  const error = (line: string) => printError(name, line);
  using _interrupt = onInterrupt(takeAllBack);
  try {
    return await work(error);
  } catch (thrown) {
    return report(thrown, error);
  }
}

async function perform(
  command: Command,
  argv: readonly string[],
  error: (line: string) => void,
): Promise<number> {
  const found = parse(command, argv);
  const { json, help: wantsHelp, version } = found.common;
  const out = output({ json, terminal: Deno.stdout.isTerminal() });
  if (wantsHelp) {
    out.text(help(command));
    return EXIT.done;
  }
  if (version) {
    out.text(`${command.name} ${VERSION}`);
    return EXIT.done;
  }
  await expandStandardInput(command, found);
  const context = realContext(command.name, found, out, error);
  try {
    await found.action!.run(found.words, found.options, context);
  } finally {
    // A message never goes on the line of a step.
    context.progress.done();
  }
  return EXIT.done;
}

function realContext(
  name: string,
  { common }: Invocation,
  out: Context["out"],
  say: (line: string) => void,
): Context {
  const terminal = Deno.stderr.isTerminal();
  const colour = terminal && !Deno.env.get("NO_COLOR");
  const log = (line: string) => writeError(`${line}\n`);
  const shown = progress({
    terminal,
    colour,
    write: writeError,
    now: () => performance.now(),
  });
  return {
    name,
    run: realRun({ trace: common.trace, dryRun: common["dry-run"], log }),
    out,
    say,
    warn: (line) => say(`warning: ${line}`),
    err: writeErrorBytes,
    progress: shown,
    terminal,
    dryRun: common["dry-run"],
  };
}

/** `-` stands for names on standard input, one per line. */
async function expandStandardInput(command: Command, found: Invocation) {
  const last = found.action!.operands?.at(-1);
  const { operands } = found.words;
  if (!last?.many || !operands.includes("-")) return;
  const text = await new Response(Deno.stdin.readable).text();
  const names = text.split("\n").map((line) => line.trim()).filter(Boolean);
  names.forEach((name) => checkOperand(command, last, name));
  found.words.operands = operands.flatMap((w) => w === "-" ? names : [w]);
}

function report(thrown: unknown, error: (line: string) => void): number {
  if (thrown instanceof GuestExit) return thrown.code;
  if (thrown instanceof Failure) {
    error(thrown.message);
    if (thrown.hint) error(`try: ${thrown.hint}`);
    return EXIT[thrown.exit];
  }
  if (thrown instanceof ChildFailed) {
    error(thrown.message);
    return EXIT.failed;
  }
  if (thrown instanceof Deno.errors.BrokenPipe) return EXIT.failed;
  // A defect of ours: the stack is what helps whoever reports it.
  error(thrown instanceof Error ? thrown.stack ?? thrown.message : `${thrown}`);
  return EXIT.failed;
}

/** Messages can hold words from outside; control characters never pass. */
function printError(name: string, text: string) {
  for (const line of text.split("\n")) {
    writeError(`${name}: ${plainText(line)}\n`);
  }
}

async function writeErrorBytes(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) {
    at += await Deno.stderr.write(bytes.subarray(at));
  }
}

function writeError(text: string) {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
