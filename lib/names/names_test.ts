import { assertEquals, assertThrows } from "@std/assert";
import {
  checkName,
  checkSource,
  parseVersionName,
  printable,
  versionName,
} from "./names.ts";

const RULE = "is not a name: 1 to 63 of a-z, 0-9 and -, not beginning with -";

const BAD: [word: string, shown: string][] = [
  ["../x", '"../x"'],
  ["-rf", '"-rf"'],
  ["a b", '"a b"'],
  ["", '""'],
  ["a".repeat(300), `"${"a".repeat(40)}..."`],
  ["a".repeat(64), `"${"a".repeat(40)}..."`],
  ["grün", '"grün"'],
  ["а", '"а"'],
  ["web\n", '"web\\n"'],
  ["a\nb", '"a\\nb"'],
  ["Web", '"Web"'],
  ["a/b", '"a/b"'],
  [".", '"."'],
  ["a@1", '"a@1"'],
  ["$(id)", '"$(id)"'],
  ["\x1b[31m", '"\\u001b[31m"'],
];

Deno.test("checkName() takes what libvirt and files take", () => {
  for (const name of ["a", "0", "work-client1", "a-", "a".repeat(63)]) {
    checkName(name);
  }
});

for (const [word, shown] of BAD) {
  Deno.test(`checkName() refuses ${shown}`, () => {
    assertEquals(
      assertThrows(() => checkName(word), Error).message,
      `${shown} ${RULE}`,
    );
  });
}

Deno.test("parseVersionName() reads a template and its version", () => {
  assertEquals(parseVersionName("minimal"), { template: "minimal" });
  assertEquals(parseVersionName("minimal@3"), {
    template: "minimal",
    version: 3,
  });
  assertEquals(versionName("minimal", 3), "minimal@3");
});

for (
  const word of [
    "@3",
    "a@0",
    "a@",
    "a@1@2",
    "a@x",
    "a@01",
    "a@1\n",
    "../x@1",
    "-a@1",
    "",
  ]
) {
  Deno.test(`checkSource() refuses ${JSON.stringify(word)}`, () => {
    assertThrows(() => checkSource(word), Error, "is not a name");
  });
}

Deno.test("printable() shows no control character and no long text", () => {
  assertEquals(printable("a\x07\n\u009b"), '"a\\u0007\\n\\u009b"');
  assertEquals(printable("x".repeat(41)), `"${"x".repeat(40)}..."`);
});

Deno.test("printable() escapes whatever plainText() takes out, and leaves letters", () => {
  const hidden = "\u061c\u180e\u200b\u206a\u206f\u2028\ufeff\u{e0041}\ue000";
  assertEquals(
    printable(hidden),
    '"\\u061c\\u180e\\u200b\\u206a\\u206f\\u2028\\ufeff\\udb40\\udc41\\ue000"',
  );
  assertEquals(JSON.parse(printable(hidden)), hidden);
  for (const text of ["grün", "\u05d0\u0628", "\u{1f9ea}"]) {
    assertEquals(printable(text), `"${text}"`);
  }
});
