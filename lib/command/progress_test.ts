import { assertEquals } from "@std/assert";
import { progress, silent } from "./progress.ts";

function written(terminal: boolean, colour = false) {
  let text = "";
  let time = 0;
  const shown = progress({
    terminal,
    colour,
    write: (more) => void (text += more),
    now: () => time += 1500,
  });
  shown.note("before any step");
  shown.step(1, 2, "fetch");
  shown.note("120 of 800 MiB");
  shown.step(2, 2, "verify");
  shown.done();
  shown.done();
  return text;
}

Deno.test("progress() is plain lines where no terminal is, the time of a step after it", () => {
  assertEquals(
    written(false),
    "[1/2] fetch\n      1.5 s\n[2/2] verify\n      1.5 s\n",
  );
});

Deno.test("progress() rewrites one line a step on a terminal", () => {
  assertEquals(
    written(true),
    "\r\x1b[K[1/2] fetch  " +
      "\r\x1b[K[1/2] fetch  120 of 800 MiB  1.5 s" +
      "\r\x1b[K[1/2] fetch  3.0 s\n" +
      "\r\x1b[K[2/2] verify  " +
      "\r\x1b[K[2/2] verify  1.5 s\n",
  );
});

Deno.test("progress() shows no more notes than can be read", () => {
  let text = "";
  let time = 0;
  const shown = progress({
    terminal: true,
    colour: false,
    write: (more) => void (text += more),
    now: () => time,
  });
  shown.step(1, 2, "copy");
  for (; time < 1000; time++) shown.note(`${time} bytes`);
  assertEquals(
    text.match(/\d+ bytes/g),
    [
      ...["0", "100", "200", "300", "400", "500", "600", "700", "800", "900"],
    ].map((bytes) => `${bytes} bytes`),
  );
  // The first of a step is.
  shown.step(2, 2, "check");
  shown.note("at once");
  assertEquals(text.includes("at once"), true);
});

Deno.test("progress() colours only where it is told to", () => {
  assertEquals(written(true).includes("\x1b[2m"), false);
  assertEquals(written(true, true).includes("\x1b[2m1.5 s\x1b[0m"), true);
});

Deno.test("silent shows nothing", () => {
  silent.step(1, 1, "x");
  silent.note("x");
  silent.done();
});
