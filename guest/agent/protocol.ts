/** What both ends of the protocol know: docs/agent.md. */

export const PROTOCOL_VERSION = "1.0.0";

/** Bytes of input that may be on their way to one program. */
export const INPUT_WINDOW = 1024 * 1024;

export interface TerminalSize {
  rows: number;
  columns: number;
}

/** How a program ended. */
export interface Exit {
  /** As a shell has it: 128 and the signal where one ended it. */
  exit_code: number;
  signal: string | null;
}

export type Stream = "stdout" | "stderr";
