/** The clipboard of this host: wl-clipboard on Wayland, xclip on X11. */

import { Failure } from "../command/failure.ts";
import { plainText } from "../names/plain_text.ts";
import type { Run, Talk } from "../process/run.ts";
import { type Kind, nothingThere, offersOnly, TYPES } from "./content.ts";
import type { Selection } from "./guest.ts";

/** Milliseconds until who owns the clipboard must have answered. */
const PATIENCE = 10_000;

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

/** The words that offer standard input for one paste. */
export function offerArgv(
  session: Session,
  kind: Kind,
  selection: Selection,
): string[] {
  if (session === "x11") {
    const argv = ["xclip", "-loops", "1", "-i", "-selection", selection];
    return [...argv, "-target", TYPES[kind].x11];
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

/** Offer it for one paste; the program that owns the clipboard lives on. */
export async function offerOnHost(
  run: Run,
  { kind, selection, content }: {
    kind: Kind;
    selection: Selection;
    content: Uint8Array;
  },
): Promise<void> {
  const what = "cannot paste into this host";
  const session = mustHaveSession(what);
  const argv = offerArgv(session, kind, selection);
  // What goes on in the background keeps its standard error open: not asked for.
  const talk = run.talk(argv, { detached: true });
  try {
    const writer = talk.stdin.getWriter();
    await writer.write(content);
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  const { code } = await talk.status;
  await talk.stdout.cancel();
  if (code !== 0) throw explained(what, "", { code, kind });
  if (session === "x11") await untilOffered(run, kind, selection);
}

/** xclip may own the clipboard only a moment after it went to the background. */
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
