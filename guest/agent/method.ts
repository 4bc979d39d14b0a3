/** The methods that a request may name. */

import { runCommand } from "./command.ts";
import { readWhole, writeWhole } from "./file.ts";
import { takeIdentity } from "./identity.ts";
import { CODE, type Params as Given, RpcError } from "./json_rpc.ts";
import { Params } from "./params.ts";
import { demandCommand, type Policy } from "./policy.ts";
import { endGuest } from "./power.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import type { ProgramSpec } from "./program.ts";
import { diskUsage, networkInfo, systemInfo } from "./system.ts";
import { findProgram, readUsers } from "./user.ts";

export interface Guest {
  policy: Policy;
  /** Of the agent: the hash of its files. */
  version: string;
}

type Method = (params: Params, guest: Guest) => unknown;

/** A method, and its parameters in the order of positional ones. */
const METHODS: Record<string, [order: string[], method: Method]> = {
  ping: [[], () => ({ pong: true, timestamp: Math.floor(Date.now() / 1000) })],
  get_agent_info: [[], agentInfo],
  get_system_info: [[], systemInfo],
  get_network_info: [[], networkInfo],
  get_disk_usage: [[], diskUsage],
  exec_command: [["command", "args"], exec],
  file_read: [["path", "encoding"], fileRead],
  file_write: [["path", "content"], fileWrite],
  take_identity: [[], takeIdentity],
  shutdown: [
    ["timeout_seconds", "force"],
    (params) => endGuest("poweroff", params),
  ],
  reboot: [
    ["timeout_seconds", "force"],
    (params) => endGuest("reboot", params),
  ],
};

/** @throws {RpcError} `method` where there is none of that name. */
export async function callMethod(
  name: string,
  given: Given,
  guest: Guest,
): Promise<unknown> {
  const found = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (!found) throw new RpcError(CODE.method, "method not found");
  const [order, method] = found;
  return await method(new Params(given, order), guest);
}

function agentInfo(_: Params, { version }: Guest) {
  return {
    version,
    protocol_version: PROTOCOL_VERSION,
    platform: `${Deno.build.os}-${Deno.build.arch}`,
    capabilities: [...Object.keys(METHODS), "program_start", "transfer_start"],
  };
}

/**
 * What to run, by the parameters of `exec_command` and `program_start`. Who
 * names no command on a terminal wants a shell.
 */
export async function programOf(
  params: Params,
  { policy }: Guest,
  shell = false,
): Promise<ProgramSpec> {
  const users = readUsers(await Deno.readTextFile("/etc/passwd"));
  const user = params.flag("root", false) ? users.root : users.user;
  const wanted = shell
    ? params.optionalText("command")
    : params.text("command");
  const command = wanted ?? user.shell;
  demandCommand(command, policy.security.allowed_commands);
  // A path relative to some directory is the kernel's to judge.
  if (!/^\.|^[^/]+\//.test(command) && !await findProgram(command)) {
    throw new RpcError(CODE.notFound, `there is no program ${command}`);
  }
  return {
    argv: [command, ...(wanted ? params.list("args") : ["-l"])],
    user,
    environment: params.table("environment"),
    directory: params.optionalText("working_directory"),
  };
}

/** The guest's end of a copy: a program of our own, as the user or as root. */
export async function transferOf(params: Params): Promise<ProgramSpec> {
  const users = readUsers(await Deno.readTextFile("/etc/passwd"));
  const place = (name: string) => new URL(name, import.meta.url).pathname;
  return {
    argv: [
      Deno.execPath(),
      "run",
      "--quiet",
      "--cached-only",
      "--allow-read",
      "--allow-write",
      `--config=${place("guest.json")}`,
      place("transfer.ts"),
      ...params.list("arguments"),
    ],
    user: params.flag("root", false) ? users.root : users.user,
    environment: { DENO_DIR: Deno.env.get("DENO_DIR") ?? "/var/cache/deno" },
  };
}

async function exec(params: Params, guest: Guest) {
  const { request_timeout_seconds, security } = guest.policy;
  const seconds = params.number("timeout_seconds", request_timeout_seconds);
  if (seconds > security.max_command_timeout_seconds) {
    const most = security.max_command_timeout_seconds;
    throw new RpcError(CODE.params, `timeout_seconds must be at most ${most}`);
  }
  const capture = params.flag("capture_output", true);
  return await runCommand(await programOf(params, guest), seconds, capture);
}

const ENCODINGS = ["utf8", "base64"] as const;

async function fileRead(params: Params, { policy: { security } }: Guest) {
  const encoding = params.oneOf("encoding", ENCODINGS, "utf8");
  const bytes = await readWhole(
    params.text("path"),
    security.allowed_read_paths,
    security.max_file_size_mb * 1024 * 1024,
  );
  const content = encoding === "utf8"
    ? new TextDecoder().decode(bytes)
    : bytes.toBase64();
  return { content, size_bytes: bytes.length, encoding };
}

async function fileWrite(params: Params, { policy: { security } }: Guest) {
  const encoding = params.oneOf("encoding", ENCODINGS, "utf8");
  const content = decoded(params.content("content"), encoding);
  const longest = security.max_file_size_mb;
  if (content.length > longest * 1024 * 1024) {
    throw new RpcError(CODE.command, `content is larger than ${longest} MiB`);
  }
  const path = params.text("path");
  const written = await writeWhole(path, security.allowed_write_paths, {
    content,
    createDirectories: params.flag("create_dirs", false),
    mode: octal(params.optionalText("permissions")),
  });
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
