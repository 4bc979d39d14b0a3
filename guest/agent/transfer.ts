/**
 * The guest's end of a copy: a thread of the agent that has become the VM's
 * user, so what it may do is the kernel's to say. All that it asks of the system
 * it asks at once: what Deno does asynchronously is done by other threads, which
 * may be root.
 */

import { becomeUser, type Credentials } from "./credentials.ts";
import { gathered, giveBack } from "./frame.ts";
import { RpcError } from "./json_rpc.ts";
import { treeError } from "./tree.ts";
import { receiveJudged, sendJudged } from "./tree_judged.ts";

/** What it is to do, and the first message to it. */
export interface Transfer {
  verb: "send" | "receive";
  /**
   * Of `send` the paths. Of `receive` `[-f] -- TARGET NAME...`, where each NAME
   * is one that was asked for, and nothing else is taken: "" for one that only
   * its sender knows, where TARGET is a new name.
   */
  words: string[];
  /** The paths that the policy allows for it. */
  allowed: string[];
  user: Credentials;
  home: string;
}

export type Bytes = Uint8Array<ArrayBuffer>;

export type ToTransfer =
  /** More for it; answered by `taken`. */
  | { bytes: Bytes }
  /** What it sent has been passed on: the memory is its own again. */
  | { taken: Bytes }
  | "end"
  /** Nobody wants it any more. */
  | "stop";

export type FromTransfer =
  /** What it sends; answered by `taken`. */
  | { bytes: Bytes }
  /** What it was handed has been used up. */
  | { taken: Bytes }
  /** What came, or why not. The last message. */
  | { says: object; code: number };

/** Pieces on their way to the host at once. */
const MOST_SENT = 2;

/** Deno's types know either windows or workers. */
const agent = self as unknown as {
  postMessage(message: FromTransfer, transfer?: ArrayBuffer[]): void;
  onmessage: (event: MessageEvent) => void;
};

/** What has come from the agent, and nobody has asked for yet. */
const come: ToTransfer[] = [];
let wake = () => {};

async function next(): Promise<ToTransfer> {
  while (come.length === 0) {
    await new Promise<void>((resolve) => wake = resolve);
  }
  const message = come.shift()!;
  if (message === "stop") throw new Error("it was stopped");
  return message;
}

async function sendAll({ words, allowed }: Transfer): Promise<object> {
  const left: string[] = [];
  const skipped = (path: string) => void left.push(path);
  let sent = 0;
  for (const bytes of gathered(sendJudged(words, allowed, { skipped }))) {
    agent.postMessage({ bytes }, [bytes.buffer]);
    for (sent++; sent >= MOST_SENT;) {
      const message = await next();
      if (typeof message === "string" || "bytes" in message) continue;
      giveBack(message.taken);
      sent--;
    }
  }
  return { skipped: left };
}

async function* input() {
  for (let message; (message = await next()) !== "end";) {
    const { bytes } = message as { bytes: Bytes };
    yield bytes;
    agent.postMessage({ taken: bytes }, [bytes.buffer]);
  }
}

async function receiveAll({ words, allowed }: Transfer): Promise<object> {
  const cut = words.indexOf("--");
  const force = words.slice(0, cut).includes("-f");
  const [target = ".", ...asked] = words.slice(cut + 1);
  return await receiveJudged(input(), target, allowed, asked, force);
}

function told(error: unknown): { kind: string; error: string } {
  if (error instanceof RpcError) {
    return { kind: "failed", error: error.message };
  }
  const { kind, message } = treeError(error, "the copy");
  return { kind, error: message };
}

async function run(transfer: Transfer) {
  try {
    becomeUser(transfer.user, transfer.home);
    const all = transfer.verb === "send" ? sendAll : receiveAll;
    agent.postMessage({ says: await all(transfer), code: 0 });
  } catch (error) {
    agent.postMessage({ says: told(error), code: 1 });
  }
}

agent.onmessage = ({ data }) => {
  agent.onmessage = ({ data }) => {
    come.push(data);
    wake();
  };
  void run(data);
};
