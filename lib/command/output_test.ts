import { assertEquals } from "@std/assert";
import { table } from "./output.ts";

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
