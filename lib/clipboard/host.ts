/** The clipboard of this host: wl-clipboard on Wayland, xclip on X11. */

import { EXIT, Failure } from "../command/failure.ts";
import { plainText } from "../names/plain_text.ts";
import type { Run, Talk } from "../process/run.ts";
import { type Kind, nothingThere, offersOnly, TYPES } from "./content.ts";
import type { Selection } from "./guest.ts";

/** Milliseconds until who owns the clipboard must have answered. */
const PATIENCE = 10_000;

/** What cannot be done where offering fails. */
const INTO = "cannot paste into this host";

/** By the session's variables; undefined on a bare terminal. */
export function hostSession(): "wayland" | "x11" | undefined {
  if (Deno.env.get("WAYLAND_DISPLAY")) return "wayland";
  if (Deno.env.get("DISPLAY")) return "x11";
}

type Session = NonNullable<ReturnType<typeof hostSession>>;

/** The words that print the clipboard. */
export function readArgv(
  session: Session,
  kind: Kind,
  selection: Selection,
): string[] {
  if (session === "x11") {
    const argv = ["xclip", "-o", "-selection", selection];
    return [...argv, "-target", TYPES[kind].x11];
  }
  const argv = ["wl-paste", "--no-newline", "--type", TYPES[kind].wayland];
  return selection === "primary" ? [...argv, "--primary"] : argv;
}

/** What is offered, where, and for how long at most. */
export interface Offer {
  kind: Kind;
  selection: Selection;
  content: Uint8Array;
  /** It is gone after so many, pasted or not. */
  seconds: number;
}

/**
 * The words that offer standard input for one paste. xclip stays in the
 * foreground, where it can be ended; wl-copy goes to the background once it
 * has the clipboard.
 */
export function offerArgv(
  session: Session,
  kind: Kind,
  selection: Selection,
): string[] {
  if (session === "x11") {
    const argv = ["xclip", "-quiet", "-loops", "1", "-i"];
    return [...argv, "-selection", selection, "-target", TYPES[kind].x11];
  }
  const argv = ["wl-copy", "--paste-once", "--type", TYPES[kind].wayland];
  return selection === "primary" ? [...argv, "--primary"] : argv;
}

/** @throws {Failure} `host`, without a graphical session. */
function mustHaveSession(what: string): Session {
  const session = hostSession();
  if (session) return session;
  const why = "neither WAYLAND_DISPLAY nor DISPLAY is set";
  throw new Failure("host", what, why);
}

/** What is in the clipboard; one byte more than the limit where it is larger. */
export async function readHost(
  run: Run,
  { kind, selection, limit }: {
    kind: Kind;
    selection: Selection;
    limit: number;
  },
): Promise<Uint8Array> {
  const what = "cannot copy from this host";
  const session = mustHaveSession(what);
  const talk = run.talk(readArgv(session, kind, selection), { stderr: true });
  await talk.stdin.close().catch(() => {});
  const said = new Response(talk.stderr).text();
  // Who owned the clipboard may have gone before it answered.
  const timer = setTimeout(() => talk.kill("SIGTERM"), PATIENCE);
  const bytes = await upTo(talk, limit + 1);
  const { code } = await talk.status;
  clearTimeout(timer);
  if (code === 0 || bytes.length > limit) {
    await said;
    return bytes;
  }
  throw explained(what, await said, { code, kind });
}

async function upTo(talk: Talk, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of talk.stdout) {
    parts.push(part as Uint8Array<ArrayBuffer>);
    length += part.length;
    if (length < limit) continue;
    talk.kill("SIGTERM");
    break;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer()).slice(0, limit);
}

/**
 * Offer it for one paste. A process of its own lives on, to take it back when
 * its time is over: `vms-clip offer`, which is `offerHere()`.
 */
export async function offerOnHost(
  run: Run,
  { kind, selection, content, seconds }: Offer,
): Promise<void> {
  mustHaveSession(INTO);
  const argv = ["vms-clip", "offer", `--ttl=${seconds}`];
  if (kind === "image") argv.push("--image");
  if (selection === "primary") argv.push("--primary");
  const talk = run.talk(argv, { detached: true, stderr: true });
  await write(talk, content);
  const first = await talk.stdout.getReader().read();
  // It says one word, when it is offered; else it says why not, and ends.
  if (!first.done) return;
  const { code } = await talk.status;
  const said = await new Response(talk.stderr).text();
  const why = said.replace(/^vms-clip: /, "").replace(`${INTO}: `, "");
  // Its program for the clipboard is not there.
  if (code === EXIT.host) {
    const [reason = "", hint] = why.trim().split("\nvms-clip: try: ");
    throw new Failure("host", INTO, reason, hint);
  }
  throw explained(INTO, why, { code, kind });
}

/**
 * Offer it by this process, until it is pasted, replaced, or its time is over.
 *
 * @param offered called once it can be pasted.
 */
export async function offerHere(
  run: Run,
  { kind, selection, content, seconds }: Offer,
  offered: () => void,
): Promise<void> {
  const session = mustHaveSession(INTO);
  const argv = offerArgv(session, kind, selection);
  const talk = run.talk(argv, { stderr: true });
  // Who owns the clipboard keeps this open, also in the background.
  const over = new Response(talk.stderr).text();
  await write(talk, content);
  const ended = talk.status.then(async ({ code }) => {
    if (code !== 0) throw explained(INTO, await over, { code, kind });
  });
  ended.catch(() => {});
  await (session === "wayland"
    ? ended
    : Promise.race([untilOffered(run, kind, selection), ended]));
  offered();
  const timer = setTimeout(
    () => void takeBack(run, talk, session, selection),
    seconds * 1000,
  );
  await over;
  clearTimeout(timer);
}

/**
 * Only while it is ours: whoever owned the clipboard before has ended. wl-copy
 * that is ended by a signal leaves the content in a file.
 */
async function takeBack(
  run: Run,
  talk: Talk,
  session: Session,
  selection: Selection,
) {
  if (session === "x11") return talk.kill("SIGTERM");
  const primary = selection === "primary" ? ["--primary"] : [];
  await run(["wl-copy", "--clear", ...primary]);
}

/** A program that ends before it has read all says why by itself. */
async function write(talk: Talk, content: Uint8Array) {
  try {
    const writer = talk.stdin.getWriter();
    await writer.write(content);
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** xclip may own the clipboard only a moment after it has read. */
async function untilOffered(run: Run, kind: Kind, selection: Selection) {
  const argv = ["xclip", "-o", "-selection", selection, "-target", "TARGETS"];
  for (let attempt = 0; attempt < 20; attempt++) {
    const { stdout } = await run(argv, {
      // 143: it was ended, because nobody answered.
      ok: [0, 1, 143],
      changes: false,
      signal: AbortSignal.timeout(2000),
    });
    if (offersOnly(stdout, kind)) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

function explained(
  what: string,
  said: string,
  { code, kind }: { code: number; kind: Kind },
): Failure {
  if (
    /not available|[Nn]othing is copied|No selection|No suitable/.test(said)
  ) {
    return new Failure(
      "conflict",
      what,
      nothingThere(kind),
    );
  }
  const first = plainText(said.trim().split("\n")[0] ?? "", 200);
  return new Failure(
    "failed",
    what,
    first || `the program exited with ${code}`,
  );
}
