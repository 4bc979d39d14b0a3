import { assertEquals, assertThrows } from "@std/assert";
import { answers, jsonParams, methodName } from "./question.ts";

Deno.test("methodName() takes names of methods and -", () => {
  for (const word of ["-", "ping", "file_read"]) {
    assertEquals(methodName(word), word);
  }
  for (const word of ["", "Ping", "a b", "_x"]) {
    assertThrows(() => methodName(word), Error, "a method is");
  }
});

Deno.test("jsonParams() takes objects and arrays", () => {
  assertEquals(jsonParams('{"a": 1}'), { a: 1 });
  assertEquals(jsonParams("[1]"), [1]);
  assertThrows(() => jsonParams("{"), Error, "not JSON");
  for (const word of ["null", "1", '"x"']) {
    assertThrows(() => jsonParams(word), Error, "neither an object nor");
  }
});

Deno.test("answers() takes those to the line, and null where that has none", () => {
  const ids = new Set<unknown>([1, "a"]);
  const refusal = { id: null, error: {} };
  for (const message of [{ id: 1 }, { id: "a" }, [{ id: 7 }, { id: 1 }]]) {
    assertEquals(answers(message, ids), true);
  }
  for (
    const message of [
      { id: "1" },
      { id: 1, method: "x" },
      refusal,
      [refusal],
      [],
      [1, null],
      {},
    ]
  ) {
    assertEquals(answers(message, ids), false);
  }
  assertEquals(answers(refusal, new Set([null])), true);
});
