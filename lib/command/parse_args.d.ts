/** The part of @std/cli/parse-args used here; the npm copy ships no types. */
export function parseArgs(
  args: readonly string[],
  options: {
    string?: readonly string[];
    boolean?: readonly string[];
    collect?: readonly string[];
    "--"?: boolean;
  },
): { _: string[]; "--"?: string[]; [key: string]: unknown };
