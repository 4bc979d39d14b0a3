/** Text from outside that a person looks at. */

/**
 * What a terminal would obey or hide: control characters, marks that have no
 * shape or turn the direction of writing, ends of lines.
 */
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Text from outside as one line that can be shown: without control characters,
 * terminal sequences, and marks that turn the direction of writing.
 */
export function plainText(text: string, longest = Infinity): string {
  const line = text.replace(HIDDEN, "?");
  return longest === Infinity ? line : [...line].slice(0, longest).join("");
}

/** JSON of one line with the same escaped: few of them it escapes by itself. */
export function escapeHidden(json: string): string {
  return json.replace(HIDDEN, (char) => char.split("").map(escaped).join(""));
}

/** Of one half of a character, or a whole one: JSON counts in those. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
