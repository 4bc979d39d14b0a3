import { assertEquals } from "@std/assert";
import { frame } from "./screen.ts";

Deno.test("frame() leaves nothing of the picture before", () => {
  assertEquals(
    frame(["one", "two"], { columns: 80, rows: 24 }),
    "\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J",
  );
  assertEquals(frame([], { columns: 80, rows: 24 }), "\x1b[H\x1b[J");
});

Deno.test("frame() fits the terminal", () => {
  const lines = ["abcdef", "b", "c", "d"];
  assertEquals(
    frame(lines, { columns: 4, rows: 3 }),
    "\x1b[Habcd\x1b[K\r\nb\x1b[K\r\n... \x1b[K\x1b[J",
  );
  assertEquals(
    frame(lines, { columns: 20, rows: 3 }),
    "\x1b[Habcdef\x1b[K\r\nb\x1b[K\r\n... 2 more\x1b[K\x1b[J",
  );
});
