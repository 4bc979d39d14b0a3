/** The clipboard of a VM's screen: xclip in the guest, run by the agent. */

import { Failure } from "../command/failure.ts";
import { plainText } from "../names/plain_text.ts";
import {
  type Kind,
  nothingThere,
  offersOnly,
  tooLarge,
  TYPES,
} from "./content.ts";

/** What a program in the guest left. */
export interface GuestRan {
  code: number;
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** True where there was more than the limit. */
  truncated: boolean;
}

/** Runs a program in the guest as the VM's user, or as root. */
export type GuestRun = (
  argv: readonly string[],
  options: {
    root?: boolean;
    input?: Uint8Array;
    seconds?: number;
    environment?: Record<string, string>;
    /** Bytes of output. */
    limit?: number;
  },
) => Promise<GuestRan>;

export type Selection = "clipboard" | "primary";

export interface Guest {
  vm: string;
  run: GuestRun;
  /** Its display; the one that starts at the login on tty1. */
  display?: string;
}

/** Seconds a program in the guest may take. */
const PATIENCE = 30;

/**
 * What is in the clipboard, as it is.
 *
 * @throws {Failure} `conflict`, where there is nothing of that kind, or more
 * than the limit.
 */
export async function readGuest(
  { vm, run, display = ":0" }: Guest,
  { kind, selection, limit }: {
    kind: Kind;
    selection: Selection;
    limit: number;
  },
): Promise<Uint8Array> {
  const what = `cannot copy from "${vm}"`;
  const argv = ["xclip", "-o", "-selection", selection];
  const ran = await run([...argv, "-target", TYPES[kind].x11], {
    environment: { DISPLAY: display },
    seconds: PATIENCE,
    limit,
  });
  // Cut short, it was ended for that.
  if (ran.truncated) throw new Failure("conflict", what, tooLarge(limit));
  if (ran.code === 0) return ran.stdout;
  throw explained(what, ran, kind);
}

/**
 * Offer content for one paste, for so many seconds: xclip owns the clipboard
 * until then, in a unit of its own because it outlives this command and the
 * agent.
 *
 * @throws {Failure} `conflict`, where the guest has no screen or no xclip.
 */
export async function offerInGuest(
  guest: Guest,
  { kind, selection, content, user, seconds }: {
    kind: Kind;
    selection: Selection;
    content: Uint8Array;
    user: string;
    seconds: number;
  },
): Promise<void> {
  const { vm, run, display = ":0" } = guest;
  const what = `cannot paste into "${vm}"`;
  await mustHaveScreen(guest, what, selection);
  const id = crypto.randomUUID();
  const file = `/run/vms-clip-${id}`;
  const remove = ["/usr/bin/rm", "-f", "--", file];
  const root = { root: true, seconds: PATIENCE };
  try {
    await must(
      run,
      what,
      ["/usr/bin/install", "-m", "0600", "/dev/null", file],
      root,
    );
    await must(run, what, ["/usr/bin/dd", `of=${file}`, "status=none"], {
      ...root,
      input: content,
    });
    const argv = [
      ...unit({ id, file, user, seconds, display }),
      ...["xclip", "-quiet", "-loops", "1", "-i"],
      ...["-selection", selection, "-target", TYPES[kind].x11],
    ];
    await must(run, what, argv, root);
    await untilOffered(guest, what, { kind, selection });
  } finally {
    await run(remove, root);
  }
}

/** systemd-run(1); it opens the file before it goes on. */
function unit(
  { id, file, user, seconds, display }: {
    id: string;
    file: string;
    user: string;
    seconds: number;
    display: string;
  },
): string[] {
  return [
    "systemd-run",
    "--quiet",
    "--collect",
    "--service-type=exec",
    `--unit=vms-clip-${id}`,
    `--uid=${user}`,
    `--setenv=DISPLAY=${display}`,
    `--property=StandardInput=file:${file}`,
    "--property=StandardOutput=null",
    "--property=StandardError=null",
    `--property=RuntimeMaxSec=${seconds}`,
    "--",
  ];
}

async function targets(
  { run, display = ":0" }: Guest,
  selection: Selection,
): Promise<GuestRan> {
  const argv = ["xclip", "-o", "-selection", selection, "-target", "TARGETS"];
  const environment = { DISPLAY: display };
  return await run(argv, { environment, seconds: PATIENCE, limit: 65536 });
}

/** An empty clipboard is fine. */
async function mustHaveScreen(
  guest: Guest,
  what: string,
  selection: Selection,
) {
  const ran = await targets(guest, selection);
  if (ran.code === 0 || /not available/.test(words(ran))) return;
  throw explained(what, ran, "text");
}

/** Until xclip owns the clipboard, or has ended. */
async function untilOffered(
  guest: Guest,
  what: string,
  { kind, selection }: { kind: Kind; selection: Selection },
) {
  const end = performance.now() + PATIENCE * 1000;
  while (performance.now() < end) {
    const { stdout } = await targets(guest, selection);
    if (offersOnly(new TextDecoder().decode(stdout), kind)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Failure("conflict", what, "its xclip does not take the clipboard");
}

async function must(
  run: GuestRun,
  what: string,
  argv: readonly string[],
  options: Parameters<GuestRun>[1],
) {
  const ran = await run(argv, options);
  if (ran.code !== 0) throw explained(what, ran, "text");
}

function words({ stderr }: GuestRan): string {
  return new TextDecoder().decode(stderr);
}

function explained(what: string, ran: GuestRan, kind: Kind): Failure {
  const said = words(ran);
  if (/open display/.test(said)) {
    const why = "nobody is logged in to its screen, or it has none";
    return new Failure("conflict", what, why);
  }
  if (/not available/.test(said)) {
    return new Failure(
      "conflict",
      what,
      nothingThere(kind),
    );
  }
  const first = plainText(said.trim().split("\n")[0] ?? "", 200);
  return new Failure("failed", what, first || `it exited with ${ran.code}`);
}
