/** Shutting the guest down, after the answer has gone out. */

import type { Params } from "./params.ts";

/** systemctl(1): forced means without waiting for services. */
export function endGuest(verb: "poweroff" | "reboot", params: Params) {
  const wait = params.number("timeout_seconds", 0);
  const force = params.flag("force", false);
  setTimeout(() => {
    new Deno.Command("systemctl", {
      args: [verb, ...(force ? ["--force"] : []), "--no-block"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }, wait * 1000 + 100);
  const what = verb === "poweroff" ? "shutdown" : "reboot";
  return { initiated: true, message: `${what} in ${wait} s` };
}
