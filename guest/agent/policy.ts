/** What the agent lets itself be asked for: /etc/vms/agent.toml. */

import { parse } from "smol-toml";
import { CODE, RpcError } from "./json_rpc.ts";

export const POLICY_FILE = "/etc/vms/agent.toml";

export interface Policy {
  /** Bytes of one message that comes in. */
  max_message_size_kb: number;
  request_timeout_seconds: number;
  max_concurrent_requests: number;
  max_requests_per_second: number;
  security: {
    /** Absolute paths; what lies in one of them is allowed. */
    allowed_read_paths: string[];
    allowed_write_paths: string[];
    /** Names or paths of programs; empty: all of them. */
    allowed_commands: string[];
    /** Of `file_read` and `file_write`. */
    max_file_size_mb: number;
    max_command_timeout_seconds: number;
  };
}

/** The host is root here in any case: limits on paths are for who wants them. */
export const DEFAULT: Policy = {
  max_message_size_kb: 64,
  request_timeout_seconds: 30,
  max_concurrent_requests: 10,
  max_requests_per_second: 100,
  security: {
    allowed_read_paths: ["/"],
    allowed_write_paths: ["/"],
    allowed_commands: [],
    max_file_size_mb: 10,
    max_command_timeout_seconds: 300,
  },
};

/**
 * The policy in a file; the defaults where there is none.
 *
 * @throws {Error} where it is wrong: an agent without its limits must not run.
 */
export function readPolicy(path = POLICY_FILE): Policy {
  let text;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return DEFAULT;
    throw error;
  }
  try {
    return merged(DEFAULT, parse(text), "") as unknown as Policy;
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

type Table = Record<string, unknown>;

/** The given keys in the place of the defaults; each of the same type. */
function merged(defaults: object, given: Table, prefix: string): Table {
  const all: Table = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    const name = prefix + key;
    const usual = all[key];
    if (usual === undefined) throw new Error(`unknown key "${name}"`);
    all[key] = isTable(usual) && isTable(value)
      ? merged(usual, value, `${name}.`)
      : checked(name, usual, value);
  }
  return all;
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checked(name: string, usual: unknown, value: unknown): unknown {
  if (Array.isArray(usual)) {
    const words = Array.isArray(value) &&
      value.every((one) => typeof one === "string");
    if (words) return value;
    throw new Error(`"${name}" must be a list of strings`);
  }
  if (typeof value === "number" && Number.isInteger(value) && value > 0) {
    return value;
  }
  throw new Error(`"${name}" must be a whole number above 0`);
}

/** @throws {RpcError} `permission`. */
export function demandPath(path: string, allowed: readonly string[]) {
  const inside = allowed.some((base) =>
    base === "/" || path === base || path.startsWith(`${base}/`)
  );
  if (!inside) {
    throw new RpcError(CODE.permission, `${path} is in no allowed path`);
  }
}

/** @throws {RpcError} `permission`. */
export function demandCommand(command: string, allowed: readonly string[]) {
  if (allowed.length === 0 || allowed.includes(command)) return;
  throw new RpcError(CODE.permission, `${command} is no allowed command`);
}
