import { assertEquals, assertRejects } from "@std/assert";
import { allOf, takeAllBack, undoing } from "./undo.ts";

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

Deno.test("allOf() fails when all have ended", async () => {
  const done: string[] = [];
  const slow = async () => {
    await new Promise((ready) => setTimeout(ready, 50));
    done.push("slow");
  };
  const refused = Promise.reject(new Error("refused"));
  await assertRejects(() => allOf([refused, slow()]), Error, "refused");
  assertEquals(done, ["slow"]);
  assertEquals(await allOf([Promise.resolve(1), undefined]), [1, undefined]);
});
