/** What a person asks an agent, checked before any guest sees it. */

/** In the place of a method: requests come on standard input. */
export const RAW = "-";

/** @throws {Error} what is wrong with it. */
export function methodName(word: string): string {
  if (word === RAW || /^[a-z][a-z0-9_]{0,62}$/.test(word)) return word;
  throw new Error("a method is small letters, digits and _");
}

/** @throws {Error} what is wrong with it. */
export function jsonParams(word: string): object {
  let params;
  try {
    params = JSON.parse(word);
  } catch {
    throw new Error("PARAMS is not JSON");
  }
  if (typeof params !== "object" || params === null) {
    throw new Error("PARAMS is neither an object nor an array");
  }
  return params;
}

/**
 * True for the answer to a line that a person wrote. What came late, for
 * somebody before, has other ids.
 *
 * @param ids null for a line that the guest cannot take as a message.
 */
export function answers(message: object, ids: ReadonlySet<unknown>): boolean {
  const all = Array.isArray(message) ? message : [message];
  return all.some((one) =>
    typeof one === "object" && one !== null && "id" in one &&
    !("method" in one) && ids.has(one.id)
  );
}
