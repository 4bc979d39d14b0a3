/** Tables that virsh prints, read by the places of their headers. */

/**
 * Rows of a table with a header and a line of dashes under it, by header.
 * Cells may hold single spaces, as in `shut off`.
 */
export function readTable(text: string): Record<string, string>[] {
  const lines = text.split("\n");
  const rule = lines.findIndex((line) => /^-+$/.test(line.trim()));
  if (rule < 1) return [];
  const header = lines[rule - 1]!;
  const columns = [...header.matchAll(/\S+(?: \S+)*/g)].map((match) => ({
    name: match[0],
    from: match.index,
  }));
  return lines.slice(rule + 1).filter((line) => line.trim()).map((line) =>
    Object.fromEntries(
      columns.map(({ name, from }, i) => [
        name,
        line.slice(from, columns[i + 1]?.from).trim(),
      ]),
    )
  );
}
