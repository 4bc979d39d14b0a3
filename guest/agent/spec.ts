/** What to run, by the parameters of a request. */

import { demandCommand } from "./allowed.ts";
import { CODE, RpcError } from "./json_rpc.ts";
import type { Guest } from "./method.ts";
import type { Params } from "./params.ts";
import type { ProgramSpec } from "./program.ts";
import type { Transfer } from "./transfer.ts";
import { credentialsOf, findProgram, readUsers } from "./user.ts";

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
  demandCommand(command, environment, policy.security.allowed_commands);
  // A path relative to some directory is the kernel's to judge.
  const found = /^\.|^[^/]+\//.test(command)
    ? command
    : findProgram(command, environment.PATH);
  if (found === undefined) {
    throw new RpcError(CODE.notFound, `there is no program ${command}`);
  }
  return {
    argv: [found, ...(wanted ? params.list("args") : ["-l"])],
    user,
    environment,
    directory: params.optionalText("working_directory"),
  };
}

/**
 * What a copy is to do here, as the user or as root.
 *
 * @throws {RpcError} `params`.
 */
export function transferOf(
  params: Params,
  { policy: { security } }: Guest,
): Transfer {
  const users = readUsers(Deno.readTextFileSync("/etc/passwd"));
  const user = params.flag("root", false) ? users.root : users.user;
  const [verb, ...words] = params.list("arguments");
  if (verb !== "send" && verb !== "receive") {
    throw new RpcError(CODE.params, "a copy is to send or to receive");
  }
  const allowed = verb === "send"
    ? security.allowed_read_paths
    : security.allowed_write_paths;
  return { verb, words, allowed, user: credentialsOf(user), home: user.home };
}
