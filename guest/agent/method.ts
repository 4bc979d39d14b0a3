/** The methods that a request may name. */

import { runCommand } from "./command.ts";
import { readWhole, writeWhole } from "./file.ts";
import { takeIdentity } from "./identity.ts";
import { CODE, type Params as Given, RpcError } from "./json_rpc.ts";
import { Params } from "./params.ts";
import type { Policy } from "./policy.ts";
import { endGuest } from "./power.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import { programOf } from "./spec.ts";
import { diskUsage, networkInfo, systemInfo } from "./system.ts";
import { within } from "./within.ts";

export interface Guest {
  policy: Policy;
  /** Of the agent: the hash of its files. */
  version: string;
}

/** @param over when nobody waits for it any more. */
type Method = (params: Params, guest: Guest, over: AbortSignal) => unknown;

/** A method, and its parameters in the order of positional ones. */
export const METHODS: Record<string, [order: string[], method: Method]> = {
  ping: [[], () => ({ pong: true, timestamp: Math.floor(Date.now() / 1000) })],
  get_agent_info: [[], agentInfo],
  get_system_info: [[], systemInfo],
  get_network_info: [[], networkInfo],
  get_disk_usage: [[], (_params, _guest, over) => diskUsage(over)],
  exec_command: [["command", "args"], exec],
  file_read: [["path", "encoding"], fileRead],
  file_write: [["path", "content"], fileWrite],
  take_identity: [[], takeIdentity],
  shutdown: [
    ["timeout_seconds", "force"],
    (params, _, over) => endGuest("poweroff", params, over),
  ],
  reboot: [
    ["timeout_seconds", "force"],
    (params, _, over) => endGuest("reboot", params, over),
  ],
};

/**
 * @param over when the host leaves.
 * @throws {RpcError} `method` where there is none of that name, `timeout`.
 */
export async function callMethod(
  name: string,
  given: Given,
  guest: Guest,
  over: AbortSignal,
): Promise<unknown> {
  const found = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (!found) throw new RpcError(CODE.method, "method not found");
  const [order, method] = found;
  const params = new Params(given, order);
  const seconds = method === exec
    ? commandSeconds(params, guest.policy)
    : guest.policy.request_timeout_seconds;
  return await within(seconds, over, (over) => method(params, guest, over));
}

function agentInfo(_: Params, { version }: Guest) {
  return {
    version,
    protocol_version: PROTOCOL_VERSION,
    platform: `${Deno.build.os}-${Deno.build.arch}`,
    capabilities: [...Object.keys(METHODS), "program_start", "transfer_start"],
  };
}

async function exec(params: Params, guest: Guest, over: AbortSignal) {
  const capture = params.flag("capture_output", true);
  return await runCommand(programOf(params, guest), capture, over);
}

/** A command has a time of its own. */
function commandSeconds(params: Params, policy: Policy): number {
  const most = policy.security.max_command_timeout_seconds;
  const usual = Math.min(policy.request_timeout_seconds, most);
  const seconds = params.number("timeout_seconds", usual);
  if (seconds <= most) return seconds;
  throw new RpcError(CODE.params, `timeout_seconds must be at most ${most}`);
}

const ENCODINGS = ["utf8", "base64"] as const;

async function fileRead(params: Params, { policy: { security } }: Guest) {
  const encoding = params.oneOf("encoding", ENCODINGS, "utf8");
  const bytes = await readWhole(
    params.text("path"),
    security.allowed_read_paths,
    security.max_file_size_mb * 1024 * 1024,
  );
  const content = encoding === "utf8" ? textOf(bytes) : bytes.toBase64();
  return { content, size_bytes: bytes.length, encoding };
}

/** As it is, with the mark that some begin with: who writes it back may trust it. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    throw new RpcError(CODE.command, "it is no UTF-8: ask for base64");
  }
}

async function fileWrite(
  params: Params,
  { policy: { security } }: Guest,
  over: AbortSignal,
) {
  const encoding = params.oneOf("encoding", ENCODINGS, "utf8");
  const content = decoded(params.content("content"), encoding);
  const longest = security.max_file_size_mb;
  if (content.length > longest * 1024 * 1024) {
    throw new RpcError(CODE.command, `content is larger than ${longest} MiB`);
  }
  const path = params.text("path");
  const file = {
    content,
    createDirectories: params.flag("create_dirs", false),
    mode: octal(params.optionalText("permissions")),
  };
  const allowed = security.allowed_write_paths;
  const written = await writeWhole(path, allowed, file, over);
  return { bytes_written: content.length, path: written };
}

function decoded(content: string, encoding: "utf8" | "base64"): Uint8Array {
  if (encoding === "utf8") return new TextEncoder().encode(content);
  try {
    return Uint8Array.fromBase64(content);
  } catch {
    throw new RpcError(CODE.params, "content must be base64");
  }
}

function octal(text: string | undefined): number | undefined {
  if (text === undefined) return;
  if (/^0?[0-7]{3,4}$/.test(text)) return parseInt(text, 8);
  throw new RpcError(CODE.params, "permissions must be octal, such as 0644");
}
