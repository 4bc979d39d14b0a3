import { assertEquals } from "@std/assert";
import { undoing } from "./undo.ts";

async function steps(keep: boolean): Promise<string[]> {
  const done: string[] = [];
  {
    await using undo = undoing();
    undo.add(() => Promise.resolve(done.push("first")));
    undo.add(() => Promise.reject(new Error("cannot")));
    undo.add(() => Promise.resolve(done.push("last")));
    if (keep) undo.keep();
  }
  return done;
}

Deno.test("undoing() runs all steps in reverse, also past a failure", async () => {
  assertEquals(await steps(false), ["last", "first"]);
});

Deno.test("undoing() does nothing once the work is kept", async () => {
  assertEquals(await steps(true), []);
});
