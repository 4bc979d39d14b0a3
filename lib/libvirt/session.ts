/**
 * One virsh process that is asked many things: starting one takes 12 ms or
 * more, another command in it less than one. bench/README.md has the figures.
 *
 * virsh reads lines and shows each behind its prompt before what it answers,
 * so marks tell the answers apart. A mark is typed with a pair of quotes in it
 * that is not there when virsh prints it.
 */

import type { Run, Talk } from "../process/run.ts";

/** What virsh printed for one command. */
export interface Said {
  stdout: string;
  stderr: string;
  /** False where virsh ended before the command did. */
  ended: boolean;
}

/** virsh keeps the lines it is given in the user's history, and obeys ~/.inputrc. */
const ENVIRONMENT = {
  XDG_CACHE_HOME: "/dev/null",
  INPUTRC: "/dev/null",
  TERM: "dumb",
};

/** Characters of a command that a line can take without being slow. */
const LONGEST = 1000;

export class Session implements AsyncDisposable {
  #child?: Child;
  #busy = false;

  /**
   * `argv` starts virsh without a command. A Ctrl-C does not end it where it is
   * `detached`, so that what it does is known and can be taken back; ssh asks
   * for passwords where it is not.
   */
  constructor(
    readonly run: Run,
    readonly argv: readonly string[],
    readonly detached = false,
  ) {}

  /** Whether these can be asked now: one at a time, and each on one line. */
  takes(commands: readonly string[]): boolean {
    return !this.#busy &&
      commands.every((command) =>
        command.length <= LONGEST &&
        // deno-lint-ignore no-control-regex
        !/[\x00-\x1f\x7f]/.test(command)
      );
  }

  /** Run the commands in turn; undefined where virsh did not take the first. */
  async ask(commands: readonly string[]): Promise<Said[] | undefined> {
    this.#busy = true;
    try {
      this.#child ??= new Child(this.run, this.argv, this.detached);
      const said = await this.#child.ask(commands);
      if (!said?.at(-1)?.ended) await this[Symbol.asyncDispose]();
      return said;
    } finally {
      this.#busy = false;
    }
  }

  /** Another one of the same, which begins to connect. */
  another(): Session {
    const session = new Session(this.run, this.argv, this.detached);
    session.#child = new Child(this.run, this.argv, this.detached);
    return session;
  }

  async [Symbol.asyncDispose]() {
    await this.#child?.end();
    this.#child = undefined;
  }
}

class Child {
  #talk: Talk;
  #stdin: WritableStreamDefaultWriter<Uint8Array>;
  #stdout: Marked;
  #stderr: Marked;

  constructor(run: Run, argv: readonly string[], detached: boolean) {
    const options = { env: ENVIRONMENT, trace: [], stderr: true, detached };
    this.#talk = run.talk(argv, options);
    this.#stdin = this.#talk.stdin.getWriter();
    this.#stdout = new Marked(this.#talk.stdout);
    this.#stderr = new Marked(this.#talk.stderr!);
  }

  async ask(commands: readonly string[]): Promise<Said[] | undefined> {
    const id = crypto.randomUUID().slice(0, 13);
    // Its own line: virsh has printed it before it begins with the first.
    const lines = [typed("ready", id), typed("ready", id, "--err")];
    for (const command of commands) {
      lines.push(
        `${typed("begin", id)}; ${command}`,
        typed("end", id),
        typed("end", id, "--err"),
      );
    }
    const written = this.#write(`${lines.join("\n")}\n`);
    const ready = await Promise.all([
      this.#stdout.until(printed("ready", id)),
      this.#stderr.until(`error: ${printed("ready", id)}`),
    ]);
    if (!ready[0].found) return;
    const said: Said[] = [];
    for (const _ of commands) said.push(await this.#answer(id));
    await written;
    return said;
  }

  async #answer(id: string): Promise<Said> {
    const [out, err] = await Promise.all([
      this.#stdout.until(printed("end", id)),
      this.#stderr.until(`error: ${printed("end", id)}`),
    ]);
    // A command that virsh does not understand is refused with its mark.
    const [, stdout = ""] = out.text.split(printed("begin", id));
    const prompt = `virsh # ${typed("end", id)}\n`;
    return {
      stdout: stdout.endsWith(prompt)
        ? stdout.slice(0, -prompt.length)
        : stdout,
      stderr: err.text,
      ended: out.found && err.found,
    };
  }

  /** The reading side tells of a virsh that is gone. */
  async #write(text: string) {
    await this.#stdin.write(new TextEncoder().encode(text)).catch(() => {});
  }

  async end() {
    await this.#stdin.close().catch(() => {});
    await Promise.all([this.#stdout.cancel(), this.#stderr.cancel()]);
    await this.#talk.status;
  }
}

type Mark = "ready" | "begin" | "end";

function typed(mark: Mark, id: string, ...options: string[]): string {
  return ["echo", ...options, `=''${mark}-${id}=`].join(" ");
}

function printed(mark: Mark, id: string): string {
  return `=${mark}-${id}=\n`;
}

/** A stream read from mark to mark. */
class Marked {
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #decoder = new TextDecoder();
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** All before the mark; where the stream ends first, all there was. */
  async until(mark: string): Promise<{ text: string; found: boolean }> {
    let from = 0;
    while (true) {
      const at = this.#text.indexOf(mark, from);
      if (at >= 0) return { text: this.#take(at, mark.length), found: true };
      from = Math.max(0, this.#text.length - mark.length);
      const { value, done } = await this.#reader.read();
      if (done) return { text: this.#take(this.#text.length), found: false };
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  #take(length: number, mark = 0): string {
    const text = this.#text.slice(0, length);
    this.#text = this.#text.slice(length + mark);
    return text;
  }

  async cancel() {
    await this.#reader.cancel();
  }
}
