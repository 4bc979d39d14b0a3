/** Copy and paste between VMs and this host: told to, once, and then gone. */

import { connectToAgent } from "../agent/connect.ts";
import { runProgram } from "../agent/program.ts";
import { clean, type Kind, LIMITS, sha256 } from "../clipboard/content.ts";
import {
  type Guest,
  offerInGuest,
  readGuest,
  type Selection,
} from "../clipboard/guest.ts";
import { offerOnHost, readHost } from "../clipboard/host.ts";
import { record } from "../clipboard/log.ts";
import { HOST, type Kept, type Label, ownStore } from "../clipboard/store.ts";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { getDomain, listDomains } from "../libvirt/domain.ts";
import type { AgentSession } from "../agent/session.ts";
import { mustRun } from "../libvirt/running.ts";
import { humanSize } from "../names/values.ts";

export interface Place {
  /** Undefined: this host. */
  vm: string | undefined;
  selection: Selection;
}

/** How a place is called in messages and in the log. */
function nameOf({ vm }: Place): string {
  return vm ?? HOST;
}

/** Take what is in a clipboard, in the place of what waited before. */
export async function copy(
  connection: Connection,
  context: Context,
  place: Place,
  given: { kind: Kind; limit: number | undefined; seconds: number },
): Promise<Label | undefined> {
  const { vm } = place;
  if (vm !== undefined) {
    const list = await listDomains(connection.virsh);
    mustRun(list, vm, `cannot copy from "${vm}"`);
  }
  if (context.dryRun) return;
  const { kind, limit = LIMITS[given.kind] } = given;
  const wanted = { kind, limit, selection: place.selection };
  const bytes = vm === undefined
    ? await readHost(context.run, wanted)
    : await inGuest(connection, vm, (guest) => readGuest(guest, wanted));
  const content = cleaned(place, kind, bytes, limit);
  const copied = Date.now();
  const label: Label = {
    source: nameOf(place),
    kind,
    bytes: content.length,
    sha256: await sha256(content),
    copied,
    expires: copied + given.seconds * 1000,
  };
  await (await ownStore()).put({ label, content });
  await record("copy", label);
  clearLater(context);
  return label;
}

function cleaned(place: Place, kind: Kind, bytes: Uint8Array, limit: number) {
  try {
    return clean(kind, bytes, limit);
  } catch (error) {
    const what = place.vm === undefined
      ? "cannot copy from this host"
      : `cannot copy from "${place.vm}"`;
    throw new Failure("conflict", what, (error as Error).message);
  }
}

async function inGuest<T>(
  connection: Connection,
  vm: string,
  work: (guest: Guest) => Promise<T>,
): Promise<T> {
  await using session: AgentSession = await connectToAgent(connection, vm);
  return await work({
    vm,
    run: (argv, options) => runProgram(session, argv, options),
  });
}

/**
 * Offer what waits for one paste; it is gone then, also from here.
 *
 * @throws {Failure} `conflict`, where nothing waits, or it came from there.
 */
export async function paste(
  connection: Connection,
  context: Context,
  place: Place,
  seconds: number,
): Promise<Label> {
  const { vm } = place;
  const what = vm === undefined
    ? "cannot paste into this host"
    : `cannot paste into "${vm}"`;
  if (vm !== undefined) mustRun(await listDomains(connection.virsh), vm, what);
  const store = await ownStore();
  const label = await store.look();
  if (!label) throw nothing(what);
  refuseSource(what, label, place);
  if (context.dryRun) return label;
  const kept = await store.take();
  if (!kept) throw nothing(what);
  try {
    // Another command may have copied in between.
    refuseSource(what, kept.label, place);
    await offer(connection, context, place, { kept, seconds });
  } catch (error) {
    await store.putBack(kept);
    throw error;
  }
  await record("paste", kept.label, nameOf(place));
  return kept.label;
}

function nothing(what: string): Failure {
  return new Failure(
    "conflict",
    what,
    "nothing was copied, or it was pasted already, or it has expired",
    "vms-clip copy VM",
  );
}

function refuseSource(what: string, { source }: Label, place: Place) {
  if (source !== nameOf(place)) return;
  throw new Failure("conflict", what, "it was copied from there");
}

async function offer(
  connection: Connection,
  { run }: Context,
  { vm, selection }: Place,
  { kept, seconds }: { kept: Kept; seconds: number },
) {
  const { content, label: { kind } } = kept;
  if (vm === undefined) {
    return await offerOnHost(run, { kind, selection, content, seconds });
  }
  const { metadata } = await getDomain(connection.virsh, vm);
  const user = metadata?.user ?? connection.config.guest.user;
  const given = { kind, selection, content, user, seconds };
  await inGuest(connection, vm, (guest) => offerInGuest(guest, given));
}

/** Delete what waits. */
export async function clear(): Promise<void> {
  const store = await ownStore();
  const label = await store.look();
  await store.clear();
  if (label) await record("clear", label);
}

/** Delete what waits when its time is over, and what comes after it. */
export async function clearWhenExpired(): Promise<void> {
  const store = await ownStore();
  for (let label; (label = await store.look());) {
    const left = Math.max(0, label.expires - Date.now());
    await new Promise((done) => setTimeout(done, left + 10));
  }
}

/** The same in a process of its own. Without one the next call deletes it. */
function clearLater({ run }: Context) {
  run.detached(["vms-clip", "clear", "--when-expired"]);
}

/** `388 KiB of text from work-client1` */
export function described({ source, kind, bytes }: Label): string {
  const what = kind === "text" ? "text" : "a picture";
  return `${humanSize(bytes)} of ${what} from ${source}`;
}
