import { assertEquals } from "@std/assert";
import { Leaving } from "./leaving.ts";

function typed(...pieces: string[]): [string, boolean] {
  const leaving = new Leaving();
  let all = "";
  for (const piece of pieces) {
    const { keys, leaves } = leaving.push(new TextEncoder().encode(piece));
    all += new TextDecoder().decode(keys);
    if (leaves) return [all, true];
  }
  return [all, false];
}

Deno.test("Leaving leaves at Enter ~ .", () => {
  assertEquals(typed("~."), ["", true]);
  assertEquals(typed("ls\r~."), ["ls\r", true]);
  assertEquals(typed("ls\r", "~", "."), ["ls\r", true]);
});

Deno.test("Leaving hands on all other keys", () => {
  assertEquals(typed("a~."), ["a~.", false]);
  assertEquals(typed("\r~/x"), ["\r~/x", false]);
  assertEquals(typed("\r~~x"), ["\r~x", false]);
});
