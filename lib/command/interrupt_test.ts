/** Signals of this very process; SIGINT would end the tests. */

import { assertEquals } from "@std/assert";
import { endsCommand, onInterrupt, takeSignals } from "./interrupt.ts";

const ALL: Deno.Signal[] = [
  "SIGHUP",
  "SIGQUIT",
  "SIGTERM",
  "SIGUSR1",
  "SIGUSR2",
];

Deno.test("takeSignals() takes all that a program in a VM may be told", async () => {
  using _interrupt = onInterrupt(() => Promise.resolve());
  const taken: string[] = [];
  {
    using _taking = takeSignals((signal) => void taken.push(signal));
    for (const [i, signal] of ALL.entries()) {
      Deno.kill(Deno.pid, signal);
      for (let tries = 0; taken.length <= i && tries < 200; tries++) {
        await new Promise((next) => setTimeout(next, 10));
      }
    }
  }
  assertEquals(taken, ALL);
});

Deno.test("endsCommand() knows those that a terminal or a system ends it by", () => {
  assertEquals(ALL.filter(endsCommand), ["SIGHUP", "SIGTERM"]);
});
