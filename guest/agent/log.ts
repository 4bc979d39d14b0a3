/**
 * What the agent says of itself, in the guest's journal: names of methods,
 * programs and paths. Arguments, contents and answers may be secret.
 */

export const LEVELS = ["error", "warn", "info", "debug"] as const;
export type Level = typeof LEVELS[number];

/** In the words of sd-daemon(3), which systemd reads from standard error. */
const PRIORITY: Record<Level, number> = {
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
};

let least: Level = "warn";

/** Say that, and what is worse. */
export function setLogLevel(level: Level) {
  least = level;
}

/** One line, whatever the host has put into it. */
export function log(level: Level, words: string) {
  if (LEVELS.indexOf(level) > LEVELS.indexOf(least)) return;
  // deno-lint-ignore no-control-regex
  const plain = words.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ");
  console.error(`<${PRIORITY[level]}>${plain.slice(0, 2000)}`);
}
