/** Failures a person can read, and the exit codes they end with. */

/** Exit codes, the same in every command. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  missing: 3,
  conflict: 4,
  timeout: 5,
  host: 6,
} as const;

export type Exit = keyof typeof EXIT;

/** What each exit code means, as the man pages tell it. */
export const EXIT_MEANING: Record<Exit, string> = {
  done: "done",
  failed: "failed",
  usage: "wrong usage",
  missing: "no such thing",
  conflict: "conflict, or wrong state",
  timeout: "timed out",
  host: "the host lacks something",
};

/**
 * A failure with its three parts: what could not be done, why, what to do.
 *
 * `hint` is a command that can be pasted and never destroys anything.
 */
export class Failure extends Error {
  constructor(
    readonly exit: Exit,
    readonly what: string,
    readonly why: string,
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(`${what}: ${why}`, options);
    this.name = "Failure";
  }
}

/** The exit code of a program in a guest, handed through as our own. */
export class GuestExit extends Error {
  constructor(readonly code: number) {
    super(`the command in the VM exited with ${code}`);
    this.name = "GuestExit";
  }
}
