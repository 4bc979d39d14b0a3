/** Text as man(7) sources: https://man7.org/linux/man-pages/man7/groff_man.7.html */

/** Text in which nothing is taken for a request or an escape. */
export function escapeRoff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replaceAll("`", "\\(ga")
    .replaceAll("'", "\\(aq")
    .replace(/^\./gm, "\\&.");
}

/** `.TH`, without a date: a page changes when what it says does. */
export function title(name: string, section: number, version: string): string {
  return `.TH ${quoted(name.toUpperCase())} ${section} "" ${
    quoted(`vms ${version}`)
  } ${quoted("vms")}`;
}

/** A section with its heading; nothing where it would be empty. */
export function section(heading: string, lines: string[]): string[] {
  return lines.length ? [`.SH ${quoted(heading)}`, ...lines] : [];
}

export function subsection(heading: string, lines: string[]): string[] {
  return [`.SS ${quoted(heading)}`, ...lines];
}

/** A term and, indented under it, what it means. */
export function term(word: string, says: string): string[] {
  return [".TP", bold(word), escapeRoff(says)];
}

/** Paragraphs, a blank line's worth apart. */
export function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text, i) => [...(i ? [".PP"] : []), escapeRoff(text)]);
}

/** Lines as they are, in the font of a terminal. */
export function verbatim(lines: string[]): string[] {
  return [".nf", ".RS 4", ...lines.map(escapeRoff), ".RE", ".fi"];
}

export function bold(text: string): string {
  return `\\fB${escapeRoff(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${escapeRoff(text)}\\fR`;
}

function quoted(word: string): string {
  return `"${escapeRoff(word).replaceAll('"', "\\(dq")}"`;
}
