/**
 * Talking to libvirt by its own shell, virsh(1): what `--trace` prints can be
 * pasted, and remote connections work like local ones.
 */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { runtimeDirectory } from "../config/places.ts";
import { quote } from "../process/quote.ts";
import type { Run } from "../process/run.ts";
import { traceLine } from "../process/run.ts";
import { type Undo, undoing } from "../undo/undo.ts";
import type { Said, Session } from "./session.ts";

/** Stands in the words of a call for the file that holds its XML. */
export const XML_FILE = "/dev/stdin";

/** One virsh command. */
export interface Call {
  words: readonly string[];
  /** XML that the command reads from `XML_FILE`. */
  xml?: string;
  /** What is read from `XML_FILE` is secret: no trace shows it. */
  secret?: boolean;
  /** False for a command that only looks. */
  changes?: boolean;
}

/** What one virsh command gave. */
export interface Answer {
  ok: boolean;
  stdout: string;
  /** What virsh said against it; empty where all is well. */
  error: string;
}

const NOTHING: Answer = { ok: true, stdout: "", error: "" };

/** A command that only looks. */
export function look(...words: string[]): Call {
  return { words, changes: false };
}

/** A command that changes something, with the XML it may need. */
export function change(words: string[], xml?: string): Call {
  return { words, xml };
}

/**
 * A connection. Where a session is given, it is asked all that only looks and
 * all batches; a change by itself has a process of its own, whose exit code
 * says how it went.
 */
export class Virsh {
  constructor(
    readonly run: Run,
    readonly uri: string,
    readonly session?: Session,
  ) {}

  /**
   * Another one, to be asked at the same time; it begins to connect. This one
   * where another costs a login on another host, or has nothing to do.
   */
  beside(): Virsh {
    if (!this.session || !this.local || this.dryRun) return this;
    return new Virsh(this.run, this.uri, this.session.another());
  }

  /** The words to run virsh with the given command. */
  argv(words: readonly string[]): string[] {
    return ["virsh", "-c", this.uri, ...words];
  }

  /** True where domain, files and devices are this machine's own. */
  get local(): boolean {
    const transport = /^[^:]*\+(ssh|libssh2?|tls|tcp|ext):/;
    return !transport.test(this.uri) && !/^[^:]+:\/\/[^/?]/.test(this.uri);
  }

  /** True where what changes something is printed and not done. */
  get dryRun(): boolean {
    return this.run.skips({ trace: [], changes: true });
  }

  /**
   * Run one command; hand back what it printed or how it failed. Where the
   * signal comes, a change is not waited for any longer: libvirt goes on with it.
   */
  async try(call: Call, signal?: AbortSignal): Promise<Answer> {
    if (call.changes === false && call.xml === undefined) {
      const answers = await this.#inSession([call], [line(call.words)]);
      if (answers) return answers[0]!;
    }
    const { code, stdout, stderr } = await this.run(this.argv(call.words), {
      stdin: call.xml,
      ...this.#announcement([call]),
      ok: signal ? [0, 1, 128 + 15] : [0, 1],
      signal,
    });
    const error = code === 0 ? "" : complaint(stderr);
    this.#refuseWithoutConnection(error);
    return { ok: code === 0, stdout, error };
  }

  /**
   * Run one command that must succeed.
   *
   * @throws {Failure} `failed`: `what` could not be done, and virsh's reason.
   */
  async must(what: string, call: Call): Promise<string> {
    return demand(what, await this.try(call));
  }

  /**
   * Run several commands in one virsh process, which is many times quicker
   * than one process each. A failed one does not stop those behind it.
   */
  async batch(calls: readonly Call[]): Promise<Answer[]> {
    if (calls.length === 0) return [];
    if (calls.length === 1 && !this.session) {
      return [await this.try(calls[0]!)];
    }
    // Removed at the end, also where somebody wants it to come now.
    await using written = undoing();
    const files = await this.#writeXml(calls, written);
    const commands = calls.map(({ words, xml }, i) =>
      line(
        words.map((word) =>
          word === XML_FILE && xml !== undefined ? files[i]! : word
        ),
      )
    );
    return await this.#inSession(calls, commands) ??
      await this.#inOneProcess(calls, commands);
  }

  /** The same, where every command must succeed. */
  async mustAll(what: string, calls: readonly Call[]): Promise<string[]> {
    const answers = await this.batch(calls);
    return answers.map((answer) => demand(what, answer));
  }

  /** Undefined where no session takes them now. */
  async #inSession(
    calls: readonly Call[],
    commands: string[],
  ): Promise<Answer[] | undefined> {
    if (!this.session?.takes(commands)) return;
    if (this.run.skips(this.#announcement(calls))) {
      return calls.map(() => NOTHING);
    }
    const said = await this.session.ask(commands);
    const answers = said?.map((one) => this.#answerOf(one));
    if (answers) this.#refuseWithoutConnection(answers[0]!.error);
    return answers;
  }

  #answerOf({ stdout, stderr, ended }: Said): Answer {
    // A connection that was lost since the last command was made again.
    const said = stderr.replace(/^error: (Disconn|Reconn)ected [^\n]*\n/gm, "");
    const error = /^error: /m.test(said) ? complaint(said) : "";
    return { ok: ended && error === "", stdout, error };
  }

  #announcement(calls: readonly Call[]) {
    return {
      trace: calls.map((c) =>
        traceLine(this.argv(c.words), c.secret ? "(secret)" : c.xml)
      ),
      changes: calls.some((call) => call.changes !== false),
    };
  }

  async #inOneProcess(
    calls: readonly Call[],
    commands: string[],
  ): Promise<Answer[]> {
    const mark = `=${crypto.randomUUID()}=`;
    const script = commands.map((command) =>
      `${command}; echo ${mark}; echo --err ${mark}`
    );
    const { stdout, stderr } = await this.run(
      this.argv([script.join("; ")]),
      { ...this.#announcement(calls), ok: [0, 1] },
    );
    return this.#answers(calls, stdout.split(mark), stderr.split(mark));
  }

  #answers(
    calls: readonly Call[],
    out: string[],
    err: string[],
  ): Answer[] {
    // Nothing came back because nothing was run.
    if (out.length === 1 && err.length === 1 && !out[0] && !err[0]) {
      return calls.map(() => NOTHING);
    }
    const answers = calls.map((_, i) => {
      // virsh's echo --err puts its own "error: " before the mark.
      const said = (err[i] ?? "").replace(/\nerror: $|^error: $/, "");
      const error = /^error: /m.test(said) ? complaint(said) : "";
      const ok = error === "" && out.length > i + 1;
      return { ok, stdout: out[i] ?? "", error };
    });
    this.#refuseWithoutConnection(complaint(err[0] ?? ""));
    return answers;
  }

  async #writeXml(
    calls: readonly Call[],
    written: Undo,
  ): Promise<(string | undefined)[]> {
    if (!calls.some((call) => call.xml !== undefined)) return [];
    const directory = await runtimeDirectory();
    return await Promise.all(calls.map(async ({ xml }) => {
      if (xml === undefined) return;
      const path = join(directory, `xml-${crypto.randomUUID()}`);
      written.add(() => Deno.remove(path));
      await Deno.writeTextFile(path, xml, { mode: 0o600, createNew: true });
      return path;
    }));
  }

  #refuseWithoutConnection(error: string) {
    if (!/failed to (re)?connect to the hypervisor/i.test(error)) return;
    const denied = /permission denied|authentication/i.test(error);
    throw new Failure(
      "host",
      `cannot reach libvirt at ${this.uri}`,
      denied
        ? "permission denied: you are not in the libvirt group"
        : error.split("\n").at(-1)!.replace(/^error: /, ""),
      "vms-doctor",
    );
  }
}

/** A command as virsh reads it. */
function line(words: readonly string[]): string {
  return words.map(quote).join(" ");
}

/** The answer's output, or a failure with virsh's reason. */
export function demand(what: string, answer: Answer): string {
  if (answer.ok) return answer.stdout;
  const why = answer.error || "virsh ended early";
  throw new Failure("failed", what, why);
}

/** The lines virsh marks as errors, without the mark. */
function complaint(stderr: string): string {
  return stderr.split("\n")
    .map((line) => line.trim())
    .filter((line) => line && line !== "error:")
    .map((line) => line.replace(/^error: /, ""))
    .join("\n");
}
