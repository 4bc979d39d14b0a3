import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { checkPassword, newPassword } from "./password.ts";

Deno.test("newPassword() is five groups of four, none like another", () => {
  const made = Array.from({ length: 500 }, newPassword);
  for (const one of made) {
    assertMatch(one, /^[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){4}$/);
    checkPassword(one);
  }
  assertEquals(new Set(made).size, 500);
});

Deno.test("newPassword() uses every letter about as often", () => {
  const letters = Array.from({ length: 2000 }, newPassword).join("")
    .replaceAll("-", "");
  const counts = Map.groupBy(letters, (one) => one);
  assertEquals(counts.size, 31);
  const expected = letters.length / 31;
  for (const [letter, all] of counts) {
    const far = Math.abs(all.length - expected) / expected;
    assertEquals(far < 0.2, true, `${letter}: ${all.length}`);
  }
});

const BAD: [word: string, why: string][] = [
  ["", "it has less than 8 bytes"],
  ["seven77", "it has less than 8 bytes"],
  ["x".repeat(129), "it has more than 128 bytes"],
  ["ü".repeat(65), "it has more than 128 bytes"],
  ["long enough\n", "it has a control character"],
  ["long\0enough", "it has a control character"],
  ["long\u202eenough", "it has a control character"],
];

for (const [word, why] of BAD) {
  Deno.test(`checkPassword() refuses ${JSON.stringify(word).slice(0, 20)}`, () => {
    assertEquals(assertThrows(() => checkPassword(word), Error).message, why);
  });
}
