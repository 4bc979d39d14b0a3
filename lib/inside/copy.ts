/** Copying files and folders between this host and VMs. */

import { encode, gathered, LONGEST_LINE } from "../../guest/agent/frame.ts";
import {
  demandNames,
  receive,
  type Received,
  type Target,
  targetOf,
} from "../../guest/agent/tree_receive.ts";
import { nameOf, TreeError } from "../../guest/agent/tree.ts";
import { itemName, send } from "../../guest/agent/tree_send.ts";
import { connectToAgent } from "../agent/connect.ts";
import { type RemoteProgram, startTransfer } from "../agent/program.ts";
import { AgentError, type AgentSession } from "../agent/session.ts";
import type { Context } from "../command/context.ts";
import type { Connection } from "../libvirt/connection.ts";
import { humanSize } from "../names/values.ts";
import { undoing } from "../undo/undo.ts";

import { Announced } from "./announced.ts";
import { failure, isLie } from "./copy_failure.ts";
import type { Copy } from "./copy_words.ts";
import { incoming } from "./incoming.ts";
import { Report } from "./copy_report.ts";
import { demandOurs, placesAt } from "./shared_places.ts";

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

interface Order {
  context: Context;
  words: Copy;
  options: CopyOptions;
}

interface Work extends Order {
  connection: Connection;
}

async function intoVm(work: Work): Promise<string[]> {
  const { connection, context, words, options } = work;
  const { from, to } = words;
  await demandOurs(connection, context, words, from.paths, options);
  await using agent = await connectToAgent(connection, to.vm!);
  const report = new Report();
  const asked = from.paths.map(itemName);
  const program = await receiver(work, agent, asked, report);
  const progress = shown(context, `to ${to.vm}`);
  const stream = send(from.paths, { progress, skipped: skips(context) });
  await pour(stream, program);
  return await finished(work, program, report, `${to.vm}:`);
}

async function outOfVm(work: Work): Promise<string[]> {
  const { connection, context, words, options } = work;
  const { from, to } = words;
  const path = to.paths[0] ?? await incoming(from.vm!);
  const target = targetOf(path);
  const asked = from.paths.map(nameOf);
  demandNames(target, asked);
  const places = placesAt(path, target, asked);
  await demandOurs(connection, context, words, places, options);
  await using agent = await connectToAgent(connection, from.vm!);
  return await bringOut(agent, target, work);
}

/** To this host by an agent that has been reached. */
export async function bringOut(
  agent: AgentSession,
  target: Target,
  work: Order,
): Promise<string[]> {
  const { context, words: { from }, options } = work;
  const progress = shown(context, `from ${from.vm}`);
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
  // Whoever ends this command finds nothing half copied.
  await using undo = undoing();
  const staged = (clear: () => void) =>
    undo.add(() => Promise.resolve(clear()));
  try {
    const { force } = options;
    const asked = from.paths.map(nameOf);
    const taking = { force, progress, staged };
    const come = await receive(pipe.readable, target, asked, taking);
    undo.keep();
    saySkipped(context, come);
    return come.paths;
  } catch (error) {
    await writer.abort().catch(() => {});
    await program.signal("SIGKILL").catch(() => {});
    await over;
    if (isLie(error)) throw error;
    // What the guest says of its end comes before what this one guessed, and
    // that there is no guest any more before what it was in the middle of.
    throw report.error ?? agent.ended ?? error;
  }
}

async function betweenVms(work: Work): Promise<string[]> {
  const { connection, words: { from, to } } = work;
  const [a, b] = await Promise.all([
    connectToAgent(connection, from.vm!),
    connectToAgent(connection, to.vm!),
  ]);
  await using _a = a;
  await using _b = b;
  return await relay(a, b, work);
}

/**
 * From one VM to another by agents that have been reached. The host passes it
 * on; the VM that receives believes nothing of it, and hears from the host
 * which names it may take.
 */
export async function relay(
  from: AgentSession,
  to: AgentSession,
  work: Order,
): Promise<string[]> {
  const { context, words } = work;
  const [sent, come] = [new Report(), new Report()];
  const asked = words.from.paths.map(nameOf);
  const target = await receiver(work, to, asked, come);
  const progress = shown(context, `from ${words.from.vm} to ${words.to.vm}`);
  const announced = new Announced();
  let bytes = 0;
  const source = await sender(work, from, sent, async (part) => {
    announced.push(part);
    await target.write(part);
    progress(bytes += part.length, announced.bytes);
  });
  // Where the target has refused nobody takes what is still to come.
  const stop = () => void source.signal("SIGKILL").catch(() => {});
  target.exit.then(stop, stop);
  await source.exit;
  await target.endInput().catch(() => {});
  await target.exit.catch(() => {});
  // Who was found to lie does not get to say why it ended.
  if (sent.error && !isLie(come.error)) throw sent.error;
  return await finished(work, target, come, `${words.to.vm}:`);
}

function receiver(
  { words: { to }, options }: Order,
  agent: AgentSession,
  asked: readonly string[],
  report: Report,
): Promise<RemoteProgram> {
  const words = ["receive", ...(options.force ? ["-f"] : [])];
  words.push("--", to.paths[0] || ".", ...asked);
  return start(agent, words, options, (stream, bytes) => {
    if (stream === "stderr") report.push(bytes);
    return Promise.resolve();
  });
}

function sender(
  { words: { from }, options }: Order,
  agent: AgentSession,
  report: Report,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<RemoteProgram> {
  const words = ["send", ...from.paths];
  return start(agent, words, options, async (stream, bytes) => {
    if (stream === "stderr") report.push(bytes);
    else await take(bytes);
  });
}

/** Start a guest's end. A message longer than it reads would not be answered. */
const start: typeof startTransfer = (agent, words, options, sink) => {
  if (encode(words).length > LONGEST_LINE - 1024) {
    const why =
      "these are too many paths at once; a folder may hold any number";
    throw new TreeError("failed", why);
  }
  return startTransfer(agent, words, options, sink);
};

/** Until all is written or nobody reads any more. */
async function pour(
  stream: Iterable<Uint8Array<ArrayBuffer>>,
  program: RemoteProgram,
): Promise<void> {
  let over = false;
  const end = () => void (over = true);
  program.exit.then(end, end);
  try {
    for (const bytes of gathered(stream)) {
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
  { context }: Order,
  program: RemoteProgram,
  report: Report,
  prefix: string,
): Promise<string[]> {
  const { exit_code } = await program.exit;
  if (report.error) throw report.error;
  if (exit_code !== 0) {
    throw new TreeError("failed", `the VM's end exited with ${exit_code}`);
  }
  saySkipped(context, report);
  return report.paths.map((path) => `${prefix}${path}`);
}

function shown({ progress }: Context, says: string) {
  progress.step(1, 1, says);
  return (bytes: number, of?: number) => {
    if (of === undefined) return progress.note(humanSize(bytes));
    // A stream is longer than what it brings, and a guest may lie.
    const part = humanSize(Math.min(bytes, of));
    progress.note(`${part} of ${humanSize(of)}`);
  };
}

function saySkipped(
  context: Context,
  { skipped, more = 0 }: Pick<Received, "skipped" | "more">,
) {
  skipped.forEach(skips(context));
  if (more > 0) context.say(`left out: ${more} more`);
}

function skips({ say }: Context) {
  return (path: string) => say(`left out: ${path}`);
}
