/** Ending well when the terminal goes away or somebody ends the command. */

/** Signals, and the exit code that a shell gives to a program they end. */
const SIGNALS: [Deno.Signal, number][] = [
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGTERM", 143],
];

/** Who is told of signals in our place. */
let taker: ((signal: Deno.Signal) => void) | undefined;

/** Clean up before a signal ends the command, as long as this is held. */
export function onInterrupt(cleanUp: () => Promise<void>): Disposable {
  const listeners = SIGNALS.map(([signal, code]) => {
    const listener = () => {
      if (taker) taker(signal);
      else void cleanUp().finally(() => Deno.exit(code));
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return {
    [Symbol.dispose]: () => listeners.forEach((remove) => remove()),
  };
}

/** Signals that say nothing to a command of ours, and may to a program. */
const OTHERS: Deno.Signal[] = ["SIGQUIT", "SIGUSR1", "SIGUSR2"];

/** As long as this is held signals are somebody else's: a program's in a VM. */
export function takeSignals(take: (signal: Deno.Signal) => void): Disposable {
  taker = take;
  const listeners = OTHERS.map((signal) => {
    const listener = () => take(signal);
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return {
    [Symbol.dispose]() {
      taker = undefined;
      listeners.forEach((remove) => remove());
    },
  };
}

/** True for a signal that ends a command whose signals nobody has taken. */
export function endsCommand(signal: Deno.Signal): boolean {
  return SIGNALS.some(([one]) => one === signal);
}
