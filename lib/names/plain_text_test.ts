import { assertEquals } from "@std/assert";
import { plainText } from "./plain_text.ts";

Deno.test("plainText() leaves nothing that a terminal would obey", () => {
  assertEquals(
    plainText("a\x1b[31mb\r\n\x9b2J\u202ec\u2028d"),
    "a?[31mb???2J?c?d",
  );
});

Deno.test("plainText() shortens by characters", () => {
  assertEquals(plainText("äöüß", 3), "äöü");
});
