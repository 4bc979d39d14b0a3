/**
 * The live system of the ISO, from the first byte on the console to a shell
 * that obeys. Which traps there are: research on the serial stream of archiso
 * is in docs/serial.md.
 */

import { Failure } from "../command/failure.ts";
import type { Console, Patience } from "../console/console.ts";
import { retyped } from "../console/retyped.ts";

/** Added to what the ISO's own loader entry says. */
export const KERNEL_PARAMETERS = [
  "copytoram=n",
  "cow_spacesize=1G",
  "console=tty0",
  "console=ttyS0,115200n8",
  // Emulated on a busy host, a kernel may hang where it looks at its timer.
  "no_timer_check",
  "loglevel=3",
  // No queries to the terminal, no colours, no bracketed paste.
  "TERM=dumb",
  "systemd.tty.term.ttyS0=dumb",
  "systemd.tty.rows.ttyS0=24",
  "systemd.tty.columns.ttyS0=200",
  // It waits for NTP without end, and pacman-init waits for it. The clock of
  // a VM is the host's.
  "systemd.mask=systemd-time-wait-sync.service",
];

const MINUTE = 60_000;
const BOOT: Patience = { silence: 5 * MINUTE, total: 10 * MINUTE };
const ANSWER: Patience = { silence: 10_000, total: 10_000 };
/** Until the login's own shell reads what it is sent: emulation is slow. */
const SHELL = 5 * MINUTE;

/** Away from zsh: bash without line editing, profile and rc files. */
const BASH = "exec env -i HOME=/root TERM=dumb LANG=C.UTF-8 " +
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin " +
  "bash --noprofile --norc --noediting";

/**
 * Wait for the login prompt, log in as root, and get a quiet bash; for that
 * `silence` milliseconds, three times over, where that is less than usual.
 *
 * @throws {Failure} where the system does not get there.
 */
export async function logIn(
  console: Console,
  silence = SHELL,
): Promise<void> {
  const what = "cannot boot the ISO";
  // A line of the kernel can stand right behind the prompt.
  const prompt = /[\w-]+ login: (?!\w+ \(automatic)|root@archiso\b[^\n]*# $/m;
  const [seen] = await console.expect(what, prompt, BOOT, { booting: true });
  // agetty throws away what is typed before it reads.
  await console.quiet(500);
  if (seen.includes("login:")) {
    await console.send("root");
    await console.quiet(1000);
  }
  await console.send(BASH);
  await console.quiet(300);
  await silenceShell(console, Math.min(3 * silence, SHELL));
}

/** Asked until it answers: what a shell is sent while it starts can be lost. */
async function silenceShell(
  console: Console,
  patience: number,
): Promise<void> {
  const what = "cannot get a shell in the live system";
  const end = performance.now() + patience;
  for (let attempt = 1;; attempt++) {
    const [one, two] = nonce();
    await console.send(
      `stty -echo -ixon cols 200; PS1= PS2=; dmesg -n1; ${said(one, two)}`,
    );
    try {
      await console.expect(what, new RegExp(`\n${one}${two}\n`), ANSWER);
      return;
    } catch (error) {
      const late = error instanceof Failure && error.exit === "timeout";
      if (!late || performance.now() > end) throw error;
      // The login's name may be what was lost.
      if (attempt % 2 === 0) {
        await console.send("root");
        await console.quiet(1000);
        await console.send(BASH);
      }
    }
  }
}

/** Mount the shares and see that the seed is there. */
export async function mountSeed(console: Console): Promise<void> {
  const what = "cannot mount the seed in the live system";
  const [one, two] = nonce();
  const at = "/run/vms";
  const mount = (tag: string, how: string) =>
    `mountpoint -q ${at}/${tag} || ` +
    `mount -m -t virtiofs -o ${how} ${tag} ${at}/${tag}`;
  // Said more than once: a line of the kernel can split one.
  const marks = Array(3).fill(said(one, two)).join(" && ");
  const line = `${mount("seed", "ro")}; ${mount("log", "rw")}; ` +
    `test -e ${at}/seed/guest/run-step -a -w ${at}/log && ${marks}`;
  const patience = { silence: 30_000, total: 60_000 };
  await console.expect(what, new RegExp(`\n${one}${two}\n`), patience, {
    meanwhile: retyped(console, line),
  });
}

/**
 * Prints both halves joined, on a line of their own. No quotes and no loops: a
 * shell that has lost the end of one waits for it for ever.
 */
export function said(one: string, two: string): string {
  return `printf \\\\n%s%s\\\\n ${one} ${two}`;
}

/** A random word in two halves: joined it stands in no line that was typed. */
export function nonce(): [string, string] {
  const word = crypto.randomUUID().replaceAll("-", "");
  return [word.slice(0, 8), word.slice(8, 16)];
}
