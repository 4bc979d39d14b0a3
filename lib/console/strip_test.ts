import { assertEquals } from "@std/assert";
import { Stripper } from "./strip.ts";

const NOISE = [
  "\x1bP+q6E616D65\x1b\\", // systemd asks for the terminal's name
  "\x1b7\x1b[32766;32766H\x1b[6n\x1b8", // and for its size
  "\x1b[!p\x1b]104\x1b\\\x1b[0m\x1b[?7h\x1b[1G\x1b[0J", // its reset
  "\x1b]3008;start=1f;user=root\x1b\\", // a session's context
  "\x1b]0;title\x07",
  "\x1b(B\x1b)0\x1b=",
].join("");

Deno.test("Stripper leaves the text between escape sequences", () => {
  assertEquals(
    new Stripper().push(`arch${NOISE}iso \x1b[1mlogin:\x1b[0m \r\n`),
    "archiso login: \n",
  );
});

Deno.test("Stripper gives the same wherever the stream is cut", () => {
  const stream = `a${NOISE}b\x1b[31mc\x1b[0m\r\nd`;
  for (let at = 0; at <= stream.length; at++) {
    const strip = new Stripper();
    const text = strip.push(stream.slice(0, at)) + strip.push(stream.slice(at));
    assertEquals(text, "abc\nd", `cut at ${at}`);
  }
});

Deno.test("Stripper takes an endless sequence for text", () => {
  const strip = new Stripper();
  strip.push("\x1b]" + "x".repeat(3000));
  assertEquals(strip.push("y".repeat(3000)).endsWith("yyy"), true);
});
