import { assertEquals } from "@std/assert";
import { quote } from "./quote.ts";

Deno.test("quote() leaves plain words alone and quotes all others", () => {
  assertEquals(quote("vol-create"), "vol-create");
  assertEquals(quote("/a/b.qcow2"), "/a/b.qcow2");
  assertEquals(quote(""), "''");
  assertEquals(quote("a b"), "'a b'");
  assertEquals(quote("it's"), `'it'\\''s'`);
  assertEquals(quote("a\nb"), "'a\nb'");
  assertEquals(quote("~"), "'~'");
  assertEquals(quote("{a,b}"), "'{a,b}'");
  assertEquals(quote("plain\n"), "'plain\n'");
});
