/** What to run, by the parameters of a request. */

import { demandCommand } from "./allowed.ts";
import { CODE, RpcError } from "./json_rpc.ts";
import type { Guest } from "./method.ts";
import type { Params } from "./params.ts";
import type { ProgramSpec } from "./program.ts";
import { findProgram, readUsers } from "./user.ts";

/**
 * By those of `exec_command` and `program_start`. Who names no command on a
 * terminal wants a shell.
 *
 * @throws {RpcError} `permission`, `notFound`, `params`.
 */
export function programOf(
  params: Params,
  { policy }: Guest,
  shell = false,
): ProgramSpec {
  const users = readUsers(Deno.readTextFileSync("/etc/passwd"));
  const user = params.flag("root", false) ? users.root : users.user;
  const wanted = shell
    ? params.optionalText("command")
    : params.text("command");
  const command = wanted ?? user.shell;
  const environment = params.table("environment");
  const listed = policy.security.allowed_commands;
  demandCommand(command, environment, listed);
  // A path relative to some directory is the kernel's to judge.
  const found = /^\.|^[^/]+\//.test(command)
    ? command
    : findProgram(command, environment.PATH);
  if (found === undefined) {
    throw new RpcError(CODE.notFound, `there is no program ${command}`);
  }
  // Under its path it is another name to itself: "/usr/bin/ls: no such file".
  const program = listed.length > 0 ? found : command;
  return {
    argv: [program, ...(wanted ? params.list("args") : ["-l"])],
    user,
    environment,
    directory: params.optionalText("working_directory"),
  };
}

/** The guest's end of a copy: a program of our own, as the user or as root. */
export function transferOf(
  params: Params,
  { policy: { security } }: Guest,
): ProgramSpec {
  const users = readUsers(Deno.readTextFileSync("/etc/passwd"));
  const place = (name: string) => new URL(name, import.meta.url).pathname;
  const [verb = "", ...words] = params.list("arguments");
  const allowed = verb === "send"
    ? security.allowed_read_paths
    : security.allowed_write_paths;
  return {
    argv: [
      Deno.execPath(),
      "run",
      "--quiet",
      "--cached-only",
      // It works in what it holds open, and those paths take all of them.
      "--allow-all",
      `--config=${place("guest.json")}`,
      place("transfer.ts"),
      verb,
      JSON.stringify(allowed),
      ...words,
    ],
    user: params.flag("root", false) ? users.root : users.user,
    channel: verb === "send" ? "writes" : "reads",
    environment: { DENO_DIR: Deno.env.get("DENO_DIR") ?? "/var/cache/deno" },
  };
}
