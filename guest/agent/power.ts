/** Shutting the guest down, after the answer has gone out. */

import { CODE, RpcError } from "./json_rpc.ts";
import type { Params } from "./params.ts";

/** Milliseconds in which the answer goes out. */
const ANSWER = 100;

/** Seconds; what is further away nobody remembers. */
const LONGEST = 30 * 24 * 3600;

/**
 * A timer of systemd, as the agent may have left before: systemd-run(1). Forced
 * means without waiting for services: systemctl(1).
 *
 * @throws {RpcError} `command` where there will be no end.
 */
export async function endGuest(
  verb: "poweroff" | "reboot",
  params: Params,
  over: AbortSignal,
) {
  const wait = params.number("timeout_seconds", 0);
  const force = params.flag("force", false);
  if (wait > LONGEST) {
    throw new RpcError(
      CODE.params,
      `timeout_seconds must be at most ${LONGEST}`,
    );
  }
  const { success, stderr } = await new Deno.Command("systemd-run", {
    args: [
      "--quiet",
      "--collect",
      `--on-active=${Math.ceil(wait * 1000) + ANSWER}ms`,
      // Usual is a minute.
      "--timer-property=AccuracySec=1ms",
      "--",
      "systemctl",
      verb,
      ...(force ? ["--force"] : []),
      "--no-block",
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: over,
  }).output();
  if (!success) {
    const why = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
    throw new RpcError(CODE.command, `cannot ${verb}: ${why || "no reason"}`);
  }
  const what = verb === "poweroff" ? "shutdown" : "reboot";
  return { initiated: true, message: `${what} in ${wait} s` };
}
