/** Starting a program of the guest. */

import { asUser, type Credentials } from "./credentials.ts";
import { told } from "./file.ts";
import { CODE, RpcError } from "./json_rpc.ts";
import type { ProgramSpec } from "./program.ts";
import type { Exit } from "./protocol.ts";
import { credentialsOf } from "./user.ts";

type Pipes = Pick<Deno.CommandOptions, "stdin" | "stdout" | "stderr">;

/**
 * As the user, in a session of its own, so that its whole group can be
 * signalled.
 */
export function spawn(
  { argv, user, environment, directory }: ProgramSpec,
  before: string[],
  pipes: Pipes,
): Deno.ChildProcess {
  const [program = "", ...args] = [...before, ...argv];
  const command = new Deno.Command(program, {
    args,
    cwd: directory ?? user.home,
    clearEnv: true,
    env: environment,
    ...pipes,
    detached: true,
  });
  const who = credentialsOf(user);
  try {
    return asUser(who, () => command.spawn());
  } catch (error) {
    demandDirectory(directory ?? user.home, who);
    throw told(error, argv[0]!);
  }
}

/**
 * The system does not say whether the program was not there or the directory.
 *
 * @throws {RpcError} `notFound`, `permission`.
 */
function demandDirectory(path: string, who: Credentials) {
  try {
    // What lies in it: to see the directory is not to enter it.
    if (asUser(who, () => Deno.statSync(`${path}/.`)).isDirectory) return;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new RpcError(CODE.permission, `${path} cannot be entered`);
    }
  }
  throw new RpcError(CODE.notFound, `there is no directory ${path}`);
}

export function exitOf({ code, signal }: Deno.CommandStatus): Exit {
  return { exit_code: code, signal };
}
