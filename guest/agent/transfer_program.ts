/** The guest's end of a copy, seen from the agent: a program like others. */

import { giveBack } from "./frame.ts";
import type { Program, Sink } from "./program.ts";
import type { Exit } from "./protocol.ts";
import type { Bytes, FromTransfer, ToTransfer, Transfer } from "./transfer.ts";

/** How long it may take to clear up when it is stopped, in milliseconds. */
const PATIENCE = 5000;

const STOPPED: Exit = { exit_code: 137, signal: "SIGKILL" };

/** What it says at its end is one line of JSON on standard error. */
export function startTransfer(transfer: Transfer, sink: Sink): Program {
  const url = new URL("./transfer.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const { promise: exit, resolve: end } = Promise.withResolvers<Exit>();
  /** Those who wait until it has taken what they handed on. */
  const waiting: (() => void)[] = [];
  let [stopped, over] = [false, false];
  let impatient: ReturnType<typeof setTimeout> | undefined;
  let said = Promise.resolve();
  const post = (message: Transfer | ToTransfer, bytes?: Bytes) =>
    worker.postMessage(message, bytes ? [bytes.buffer] : []);

  const leave = (code: number, says: object) => {
    if (over) return;
    over = true;
    clearTimeout(impatient);
    worker.terminate();
    waiting.splice(0).forEach((taken) => taken());
    const line = new TextEncoder().encode(`${JSON.stringify(says)}\n`);
    if (!stopped) said = said.then(() => sink("stderr", line));
    const how = stopped ? STOPPED : { exit_code: code, signal: null };
    void said.then(() => end(how));
  };

  const heard = (message: FromTransfer) => {
    if ("says" in message) return leave(message.code, message.says);
    if ("taken" in message) {
      giveBack(message.taken);
      return waiting.shift()?.();
    }
    const { bytes } = message;
    said = said.then(async () => {
      if (!stopped) await sink("stdout", bytes);
      if (!over) post({ taken: bytes }, bytes);
    });
  };

  worker.onmessage = ({ data }) => heard(data);
  worker.onerror = (event) => {
    event.preventDefault();
    leave(1, { kind: "failed", error: event.message });
  };
  // Whichever it is, it leaves nothing behind; but a file system that hangs
  // holds it up, and whoever stops it does not wait for that.
  const stop = () => {
    if (over || stopped) return;
    stopped = true;
    post("stop");
    impatient = setTimeout(() => leave(1, {}), PATIENCE);
  };
  post(transfer);
  return {
    input: (bytes) => {
      if (over) return Promise.resolve();
      const taken = new Promise<void>((resolve) => waiting.push(resolve));
      post({ bytes }, bytes);
      return taken;
    },
    // deno-lint-ignore require-await
    endInput: async () => post("end"),
    signal: stop,
    end: stop,
    resize() {},
    exit,
  };
}
