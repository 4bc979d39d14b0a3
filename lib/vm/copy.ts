/** Copying files and folders between this host and VMs. */

import { receive, targetOf } from "../../guest/agent/tree_receive.ts";
import { TreeError } from "../../guest/agent/tree.ts";
import { send } from "../../guest/agent/tree_send.ts";
import { connectToAgent } from "../agent/connect.ts";
import { type RemoteProgram, startTransfer } from "../agent/program.ts";
import { AgentError, type AgentSession } from "../agent/session.ts";
import type { Context } from "../command/context.ts";
import { type Exit, Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { plainText } from "../names/plain_text.ts";
import { humanSize } from "../names/values.ts";

import type { Copy } from "./copy_words.ts";
import { incoming } from "./incoming.ts";
import { Report } from "./copy_report.ts";

export interface CopyOptions {
  /** Replace what is there. */
  force: boolean;
  /** As root in the VM, else as its user. */
  root: boolean;
}

/**
 * Copy. All of it arrives, or nothing.
 *
 * @returns the paths of what has come, with `VM:` before those in a VM.
 * @throws {Failure} `conflict` for what is there already, `missing`.
 */
export async function copy(
  connection: Connection,
  context: Context,
  words: Copy,
  options: CopyOptions,
): Promise<string[]> {
  const { from, to } = words;
  const ends = { from: from.vm, to: to.vm };
  const work = { connection, context, words, options };
  try {
    if (ends.from && ends.to) return await betweenVms(work);
    return ends.to ? await intoVm(work) : await outOfVm(work);
  } catch (error) {
    if (error instanceof TreeError || error instanceof AgentError) {
      throw failure(words, error);
    }
    throw error;
  }
}

interface Work {
  connection: Connection;
  context: Context;
  words: Copy;
  options: CopyOptions;
}

async function intoVm(work: Work): Promise<string[]> {
  const { connection, context, words: { from, to } } = work;
  await using agent = await connectToAgent(connection, to.vm!);
  const report = new Report();
  const program = await receiver(work, agent, report);
  const progress = shown(context, `to ${to.vm}`);
  const stream = send(from.paths, { progress, skipped: skips(context) });
  await pour(stream, program);
  return await finished(work, program, report, `${to.vm}:`);
}

async function outOfVm(work: Work): Promise<string[]> {
  const { connection, context, words: { from, to }, options } = work;
  const progress = shown(context, `from ${from.vm}`);
  const target = await targetOf(to.paths[0] ?? await incoming(from.vm!));
  await using agent = await connectToAgent(connection, from.vm!);
  const report = new Report();
  const pipe = new TransformStream<Uint8Array, Uint8Array>();
  const writer = pipe.writable.getWriter();
  const program = await sender(work, agent, report, async (bytes) => {
    await writer.write(bytes).catch(() => {});
  });
  const over = program.exit.then(
    () => writer.close(),
    (error) => writer.abort(error),
  ).catch(() => {});
  try {
    const { force } = options;
    const come = await receive(pipe.readable, target, { force, progress });
    come.skipped.forEach(skips(context));
    return come.paths;
  } catch (error) {
    await writer.abort().catch(() => {});
    await program.signal("SIGKILL").catch(() => {});
    await over;
    // What the guest says of its end comes before what this one guessed.
    throw report.error ?? error;
  }
}

/** The host passes it on; the VM that receives believes nothing of it. */
async function betweenVms(work: Work): Promise<string[]> {
  const { connection, context, words: { from, to } } = work;
  const [a, b] = await Promise.all([
    connectToAgent(connection, from.vm!),
    connectToAgent(connection, to.vm!),
  ]);
  await using _a = a;
  await using _b = b;
  const [sent, come] = [new Report(), new Report()];
  const target = await receiver(work, b, come);
  context.progress.step(1, 1, `from ${from.vm} to ${to.vm}`);
  let bytes = 0;
  const source = await sender(work, a, sent, async (part) => {
    await target.write(part);
    context.progress.note(humanSize(bytes += part.length));
  });
  await source.exit;
  await target.endInput().catch(() => {});
  if (sent.error) throw sent.error;
  return await finished(work, target, come, `${to.vm}:`);
}

function receiver(
  { words: { to }, options }: Work,
  agent: AgentSession,
  report: Report,
): Promise<RemoteProgram> {
  const words = ["receive", ...(options.force ? ["-f"] : [])];
  words.push(to.paths[0] || ".");
  return startTransfer(agent, words, options, (stream, bytes) => {
    if (stream === "stderr") report.push(bytes);
    return Promise.resolve();
  });
}

function sender(
  { words: { from }, options }: Work,
  agent: AgentSession,
  report: Report,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<RemoteProgram> {
  const words = ["send", ...from.paths];
  return startTransfer(agent, words, options, async (stream, bytes) => {
    if (stream === "stderr") report.push(bytes);
    else await take(bytes);
  });
}

/** Until all is written or nobody reads any more. */
async function pour(
  stream: AsyncIterable<Uint8Array>,
  program: RemoteProgram,
): Promise<void> {
  let over = false;
  const end = () => void (over = true);
  program.exit.then(end, end);
  try {
    for await (const bytes of stream) {
      if (over) return;
      await program.write(bytes);
    }
  } catch (error) {
    // Without its end the guest throws away what it has.
    await program.signal("SIGKILL").catch(() => {});
    throw error;
  }
  await program.endInput().catch(() => {});
}

async function finished(
  { context }: Work,
  program: RemoteProgram,
  report: Report,
  prefix: string,
): Promise<string[]> {
  const { exit_code } = await program.exit;
  if (report.error) throw report.error;
  if (exit_code !== 0) {
    throw new TreeError("failed", `the VM's end exited with ${exit_code}`);
  }
  report.skipped.forEach(skips(context));
  return report.paths.map((path) => `${prefix}${path}`);
}

function shown({ progress }: Context, says: string) {
  progress.step(1, 1, says);
  return (bytes: number, of: number) =>
    progress.note(`${humanSize(bytes)} of ${humanSize(of)}`);
}

function skips({ say }: Context) {
  return (path: string) => say(`left out: ${path}`);
}

const EXITS: Record<TreeError["kind"], Exit> = {
  missing: "missing",
  exists: "conflict",
  failed: "failed",
};

function failure({ from, to }: Copy, error: TreeError | AgentError): Failure {
  const what = `cannot copy ${from.text} to ${to.text}`;
  const why = plainText(error.message);
  const exit = error instanceof TreeError ? EXITS[error.kind] : "failed";
  const hint = exit === "conflict" ? "vms-cp --force" : undefined;
  return new Failure(exit, what, why, hint);
}
