/**
 * The agent in the guest: answers JSON-RPC 2.0 on a virtio-serial port. Started
 * by the host through qemu-guest-agent, it leaves when nobody needs it.
 */

import { encode, FrameReader } from "./frame.ts";
import { log, setLogLevel } from "./log.ts";
import type { Guest } from "./method.ts";
import { type Policy, readPolicy } from "./policy.ts";
import { openPort, PIECE } from "./port.ts";
import { Presence } from "./presence.ts";
import { Rate } from "./rate.ts";
import { Session, type Write } from "./session.ts";
import { readVersion } from "./version.ts";

/** How often it is looked whether a host has come, in milliseconds. */
const LOOK = 50;

/** Seconds without a host until the agent leaves, unless a test has others. */
const IDLE = 60;

const NONE = new Uint8Array();

/** Serve hosts, one after another, until none has been there for a while. */
async function serve(guest: Guest, idle: number) {
  const port = openPort();
  const reader = new FrameReader(guest.policy.max_message_size_kb * 1024);
  const rate = new Rate(guest.policy.max_requests_per_second);
  let session = greet(guest, port.write);
  const presence = new Presence();
  leaveWhenIdle(presence, idle);
  while (true) {
    presence.reading();
    const bytes = await port.read();
    const left = presence.read(bytes.length);
    if (bytes.length === 0) {
      if (left) {
        log("info", "the host has left");
        session.end();
        reader.reset();
        session = greet(guest, port.write);
      }
      await new Promise((done) => setTimeout(done, LOOK));
      continue;
    }
    for (let some = bytes; some.length > 0;) {
      for (const frame of reader.push(some)) {
        await rate.take(frame);
        // Requests are answered as they are done; their order is the host's.
        void session.receive(frame);
      }
      some = reader.missing >= PIECE ? port.more() : NONE;
    }
  }
}

/** It waits on the port until a host opens it. */
function greet(guest: Guest, write: Write): Session {
  const params = {
    version: guest.version,
    platform: `${Deno.build.os}-${Deno.build.arch}`,
  };
  // What was half written to the last host ends with this line.
  const ready = encode({ jsonrpc: "2.0", method: "agent_ready", params });
  void write(new Uint8Array([10, ...ready]));
  return new Session(guest, write);
}

function leaveWhenIdle(presence: Presence, seconds: number) {
  setInterval(() => {
    if (presence.absent <= seconds * 1000) return;
    log("info", "nobody needs it");
    Deno.exit(0);
  }, 1000);
}

/** Whoever wrote it hears what is wrong with it: the host asks for the last line. */
function policy(): Policy {
  try {
    return readPolicy(Deno.args[0]);
  } catch (error) {
    log("error", (error as Error).message);
    Deno.exit(1);
  }
}

const guest = {
  policy: policy(),
  version: await readVersion(),
};
setLogLevel(guest.policy.log_level);
log("info", `version ${guest.version}`);
await serve(guest, Number(Deno.args[1] ?? IDLE));
