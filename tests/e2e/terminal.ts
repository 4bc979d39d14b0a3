/** Programs in a terminal: script(1) gives them one. */

import { assertMatch } from "@std/assert";
import { eventually } from "./vms.ts";

const encoder = new TextEncoder();

export class Terminal {
  /** All that it has shown so far. */
  seen = "";
  readonly #child: Deno.ChildProcess;
  readonly #keys: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;

  /** Run a line of sh; `by` are words to run it as somebody else. */
  constructor(line: string, by: string[] = []) {
    const words = [...by, "script", "-qefc", line, "/dev/null"];
    this.#child = new Deno.Command(words[0]!, {
      args: words.slice(1),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#keys = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read() {
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stdout) {
      this.seen += decoder.decode(bytes, { stream: true });
    }
  }

  async type(text: string): Promise<void> {
    await this.#keys.write(encoder.encode(text));
  }

  /** Wait until it shows that. */
  sees(pattern: RegExp): Promise<void> {
    return eventually(() => Promise.resolve(assertMatch(this.seen, pattern)));
  }

  /** Wait until the line has ended; its exit code. */
  async ended(): Promise<number> {
    await this.#reading;
    return (await this.#child.status).code;
  }
}
