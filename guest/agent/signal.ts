/** Signals by name, as the host may ask for them: signal(7), Linux x86_64. */

import { CODE, RpcError } from "./json_rpc.ts";

export const SIGKILL = 9;

const NUMBERS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
};

/** @throws {RpcError} `params` */
export function signalNumber(name: unknown): number {
  const number = typeof name === "string" ? NUMBERS[name] : undefined;
  if (number !== undefined) return number;
  throw new RpcError(CODE.params, "signal is not one of a program's");
}
