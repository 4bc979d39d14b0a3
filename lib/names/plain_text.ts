/**
 * Text from outside as one line that can be shown: without control characters,
 * terminal sequences, and marks that turn the direction of writing.
 */
export function plainText(text: string, longest = Infinity): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return longest === Infinity ? line : [...line].slice(0, longest).join("");
}
