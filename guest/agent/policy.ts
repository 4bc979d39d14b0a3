/** What the agent lets itself be asked for: /etc/vms/agent.toml. */

import { parse } from "smol-toml";
import { type Level, LEVELS } from "./log.ts";

export const POLICY_FILE = "/etc/vms/agent.toml";

export interface Policy {
  /** What it says of itself in the journal: that, and what is worse. */
  log_level: Level;
  /** Bytes of one message that comes in. */
  max_message_size_kb: number;
  /** Of every method but `exec_command`, for which it is the usual. */
  request_timeout_seconds: number;
  max_concurrent_requests: number;
  max_requests_per_second: number;
  security: {
    /** Absolute paths, without links; what lies in one of them is allowed. */
    allowed_read_paths: string[];
    allowed_write_paths: string[];
    /** Names or absolute paths of programs; empty: all of them. */
    allowed_commands: string[];
    /** Of `file_read` and `file_write`. */
    max_file_size_mb: number;
    max_command_timeout_seconds: number;
  };
}

/** The host is root here in any case: limits on paths are for who wants them. */
export const DEFAULT: Policy = {
  log_level: "warn",
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

/** Names that others have for the same. */
const ALIASES: Record<string, string> = {
  "security.command_whitelist": "allowed_commands",
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
    const policy = merged(DEFAULT, parse(text), "") as unknown as Policy;
    return { ...policy, security: asJudged(policy.security) };
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

type Table = Record<string, unknown>;

/** The given keys in the place of the defaults; each of the same type. */
function merged(defaults: object, given: Table, prefix: string): Table {
  const all: Table = { ...defaults };
  const seen = new Set<string>();
  for (const [word, value] of Object.entries(given)) {
    const name = prefix + word;
    const key = ALIASES[name] ?? word;
    const usual = Object.hasOwn(all, key) ? all[key] : undefined;
    if (usual === undefined) throw new Error(`unknown key "${name}"`);
    if (seen.has(key)) throw new Error(`"${name}" is "${prefix}${key}" again`);
    seen.add(key);
    all[key] = isTable(usual) && isTable(value)
      ? merged(usual, value, `${name}.`)
      : checked(name, usual, value);
    // Elsewhere an empty one means that nothing may be run.
    if (key !== word && (all[key] as string[]).length === 0) {
      throw new Error(`"${name}" must not be empty: without it all may be run`);
    }
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
  if (typeof usual === "string") {
    if (LEVELS.includes(value as Level)) return value;
    throw new Error(`"${name}" must be one of ${LEVELS.join(", ")}`);
  }
  if (typeof value === "number" && Number.isInteger(value) && value > 0) {
    return value;
  }
  throw new Error(`"${name}" must be a whole number above 0`);
}

/** Paths are judged without links, so they are written down without them. */
function asJudged(security: Policy["security"]): Policy["security"] {
  for (const command of security.allowed_commands) {
    if (!command.includes("/") || command.startsWith("/")) continue;
    throw new Error(`"${command}" is no name and no absolute path`);
  }
  return {
    ...security,
    allowed_read_paths: security.allowed_read_paths.map(withoutLinks),
    allowed_write_paths: security.allowed_write_paths.map(withoutLinks),
  };
}

/** Links are followed as far as the path is there. */
function withoutLinks(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (!path.startsWith("/") || parts.includes("..")) {
    throw new Error(`"${path}" is no absolute path without ".."`);
  }
  for (let cut = parts.length; cut > 0; cut--) {
    try {
      const there = Deno.realPathSync(`/${parts.slice(0, cut).join("/")}`);
      const rest = parts.slice(cut);
      return there === "/" ? `/${rest.join("/")}` : [there, ...rest].join("/");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return `/${parts.join("/")}`;
}
