/** What a child process left. */

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** A child process that ended with an exit code nobody asked for. */
export class ChildFailed extends Error {
  constructor(readonly argv: readonly string[], readonly result: Result) {
    super(`${argv[0]} exited with ${result.code}: ${lastLine(result)}`);
    this.name = "ChildFailed";
  }
}

function lastLine({ stderr }: Result): string {
  return stderr.trim().split("\n").at(-1) || "it printed nothing";
}
