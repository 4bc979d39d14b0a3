/**
 * A guest's serial console, driven by a program: what it says is kept byte for
 * byte, matched as text, and nothing is waited for without end.
 */

import { Failure } from "../command/failure.ts";
import type { Talk } from "../process/run.ts";
import { Stripper } from "./strip.ts";

/** Milliseconds. */
export interface Patience {
  /** Longest time in which nothing is heard. */
  silence: number;
  total: number;
}

/** Ways in which waiting ends other than by the pattern wanted. */
const DISASTERS: [pattern: RegExp, why: string][] = [
  [/Kernel panic - not syncing[^\n]*/, "the kernel panicked"],
  [
    /(You are in emergency mode|Press Enter for maintenance|Give root password for maintenance)/,
    "systemd went into emergency mode",
  ],
];

/** Only until the login: later these words may stand in any output. */
const BOOT_DISASTERS: [pattern: RegExp, why: string][] = [
  [/(^|\n)ERROR[:;][^\n]*/, "the initramfs failed"],
  [/\[rootfs [^\]\n]*\][#$] /, "the initramfs failed and opened a shell"],
];

/** Text that is kept for matching; marks are far shorter. */
const WINDOW = 256 * 1024;

/** Ctrl-U, by which a tty, a shell and agetty clear the line. */
const CLEAR = "\x15";

/** Ctrl-C, and Ctrl-Z for a shell that waits for a child in another session. */
const INTERRUPT = "\x03\x1a";

export class Console {
  /** Not matched yet. */
  #text = "";
  #tail = "";
  #ended = false;
  #heard = performance.now();
  #wake: () => void = () => {};
  #strip = new Stripper();

  /** `transcript` receives every byte the guest sends. */
  constructor(
    readonly talk: Talk,
    readonly transcript: { write(bytes: Uint8Array): Promise<number> },
  ) {
    this.#read();
  }

  /** Send a line; what is left of another is cleared. */
  async send(line: string): Promise<void> {
    if (line.length > 1000) throw new Error("the line is too long to type");
    await this.#type(`${CLEAR}${line}\r`);
  }

  /** Get back to the shell, whatever runs in the foreground. */
  async interrupt(): Promise<void> {
    await this.#type(INTERRUPT);
  }

  /** In pieces that a slow UART can take. */
  async #type(text: string): Promise<void> {
    const writer = this.talk.stdin.getWriter();
    try {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length; at += 64) {
        await writer.write(bytes.slice(at, at + 64));
      }
    } catch {
      // Nobody is there any more; whoever waits for the answer is told.
    } finally {
      writer.releaseLock();
    }
  }

  /**
   * Wait for a pattern; text up to its end is used up.
   *
   * `alive` is asked when the line is silent: work that logs elsewhere counts
   * as life where it gives a number that changed. `found` ends the waiting
   * from outside; `meanwhile` is done again and again until then.
   *
   * @throws {Failure} `timeout`, or `failed` where the guest cannot get there.
   */
  async expect(
    what: string,
    pattern: RegExp,
    patience: Patience,
    options: {
      booting?: boolean;
      alive?: () => Promise<number>;
      found?: () => Promise<RegExpMatchArray | undefined>;
      meanwhile?: () => Promise<void>;
    } = {},
  ): Promise<RegExpMatchArray> {
    const began = performance.now();
    this.#heard = began;
    let life = 0;
    while (true) {
      const match = pattern.exec(this.#text);
      if (match) {
        this.#text = this.#text.slice(match.index + match[0].length);
        return match;
      }
      await options.meanwhile?.();
      const elsewhere = await options.found?.();
      if (elsewhere) return elsewhere;
      this.#refuseDisaster(what, options.booting ?? false);
      const now = performance.now();
      if (now - this.#heard > patience.silence / 2 && options.alive) {
        const at = await options.alive();
        if (at !== life) this.#heard = now;
        life = at;
      }
      if (now - this.#heard > patience.silence) {
        throw this.#late(
          what,
          `nothing was heard for ${patience.silence / 1000} s`,
        );
      }
      if (now - began > patience.total) {
        throw this.#late(
          what,
          `it took longer than ${patience.total / 1000} s`,
        );
      }
      await this.#more(250);
    }
  }

  /** Wait until nothing has been heard for that long. */
  async quiet(milliseconds: number): Promise<void> {
    const began = performance.now();
    while (performance.now() - began < 20 * milliseconds) {
      const before = this.#heard;
      await new Promise((done) => setTimeout(done, milliseconds));
      if (this.#heard === before) return;
    }
  }

  /** The last lines that were heard. */
  lastLines(count: number): string[] {
    const lines = this.#tail.split("\n").map((line) => line.trimEnd());
    return lines.filter(Boolean).slice(-count);
  }

  /** End the connection; the guest runs on. */
  async close(): Promise<void> {
    if (!this.#ended) {
      try {
        this.talk.kill("SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    }
    await this.talk.status;
  }

  async #read() {
    const decoder = new TextDecoder();
    try {
      for await (const bytes of this.talk.stdout) {
        for (let at = 0; at < bytes.length;) {
          at += await this.transcript.write(bytes.subarray(at));
        }
        const text = this.#strip.push(decoder.decode(bytes, { stream: true }));
        this.#text = (this.#text + text).slice(-WINDOW);
        this.#tail = (this.#tail + text).slice(-8192);
        this.#heard = performance.now();
        this.#wake();
      }
    } finally {
      this.#ended = true;
      this.#wake();
    }
  }

  #more(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  #refuseDisaster(what: string, booting: boolean) {
    const list = booting ? [...BOOT_DISASTERS, ...DISASTERS] : DISASTERS;
    for (const [pattern, why] of list) {
      const match = pattern.exec(this.#text);
      if (match) {
        throw new Failure("failed", what, `${why}: ${match[0].trim()}`);
      }
    }
    if (this.#ended) {
      throw new Failure("failed", what, "the VM ended: QEMU is gone");
    }
  }

  #late(what: string, why: string): Failure {
    return new Failure("timeout", what, why);
  }
}
