import { assertEquals } from "@std/assert";
import { readTable } from "./table.ts";

Deno.test("readTable() keeps single spaces in a cell", () => {
  const text = [
    "",
    " Id   Name     State      Title",
    "-----------------------------------------",
    " 1    web      running    appvm on gui@3",
    " -    gui@3    shut off   template",
    " -    other    shut off",
    "",
  ].join("\n");
  assertEquals(readTable(text), [
    { Id: "1", Name: "web", State: "running", Title: "appvm on gui@3" },
    { Id: "-", Name: "gui@3", State: "shut off", Title: "template" },
    { Id: "-", Name: "other", State: "shut off", Title: "" },
  ]);
});

Deno.test("readTable() of a table without rows, or of none, is empty", () => {
  assertEquals(readTable(" Name   Path\n--------------\n\n"), []);
  assertEquals(readTable(""), []);
});
