import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "./failure.ts";
import { jsonLine, table } from "./output.ts";

const COLUMNS = [
  { header: "NAME", text: (row: string[]) => row[0]! },
  { header: "STATE", text: (row: string[]) => row[1]! },
];

Deno.test("table() aligns columns under their headers", () => {
  const rows = [["work-client1", "running"], ["b", ""]];
  assertEquals(table(rows, COLUMNS), [
    "NAME          STATE",
    "work-client1  running",
    "b",
  ]);
});

Deno.test("table() of nothing is nothing", () => {
  assertEquals(table([], COLUMNS), []);
});

const HIDDEN: [text: string, line: string][] = [
  ["\x1b[2J\x07\r\n", "\\u001b[2J\\u0007\\r\\n"],
  ["\x7f\x80\x9b2J\x9f", "\\u007f\\u0080\\u009b2J\\u009f"],
  ["\u202egnp.exe\u2066\u2069", "\\u202egnp.exe\\u2066\\u2069"],
  ["\u200b\u200f\ufeff\u00ad", "\\u200b\\u200f\\ufeff\\u00ad"],
  ["\u2028\u2029", "\\u2028\\u2029"],
  ["\u{e0041}", "\\udb40\\udc41"],
  ["\ud800", "\\ud800"],
  ["\ue000", "\\ue000"],
];

Deno.test("jsonLine() escapes what is not seen or turns what is", () => {
  for (const [text, line] of HIDDEN) {
    assertEquals(jsonLine({ [text]: text }), `{"${line}":"${line}"}`);
    assertEquals(JSON.parse(jsonLine([text])), [text]);
  }
});

Deno.test("jsonLine() leaves letters of all languages as they are", () => {
  for (const text of ["\u00e4", "\u05d0\u0628", "\u6f22", "\u{1f9ea}"]) {
    assertEquals(jsonLine(text), `"${text}"`);
  }
});

Deno.test("jsonLine() of what is nested too deep is a failure", () => {
  // Names that are numbers take the slower way, which has a bottom.
  const deep = `${'{"1":['.repeat(100_000)}${"]}".repeat(100_000)}`;
  const error = assertThrows(() => jsonLine(JSON.parse(deep)), Failure);
  assertEquals(error.message, "cannot print it as JSON: it is nested too deep");
});
