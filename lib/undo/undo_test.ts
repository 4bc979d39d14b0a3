import { assertEquals } from "@std/assert";
import { takeAllBack, undoing } from "./undo.ts";

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

Deno.test("takeAllBack() takes back inner work before outer, each once", async () => {
  const done: string[] = [];
  const step = (name: string) => async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    done.push(name);
  };
  {
    await using outer = undoing();
    outer.add(step("outer"));
    await using inner = undoing();
    inner.add(step("inner"));
    const all = takeAllBack();
    inner.add(step("late"));
    await all;
  }
  assertEquals(done.sort(), ["inner", "late", "outer"]);
});
