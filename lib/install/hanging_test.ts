import { assertEquals, assertMatch } from "@std/assert";
import { TYPED, withGuest } from "../console/fake_guest.ts";
import { HANGING_LINES, sayWhatHangs } from "./hanging.ts";

const SOON = { silence: 10_000, total: 20_000 };

Deno.test("sayWhatHangs() gets a shell back that waits for another session, and names what runs there", () =>
  withGuest(
    // A terminal of its own, as the live system's shell has.
    "exec script --quiet --return --flush -c " +
      "'exec bash --noprofile --norc --noediting' /dev/null",
    async (console) => {
      await console.send("stty -echo cols 200; PS1=; echo rea''dy");
      await console.expect("", /ready\n/, SOON);
      // Ctrl-C reaches the shell, which waits for its child all the same.
      await console.send(
        `bash -c 'setsid --wait sh -c "echo up; exec sleep 30.5" </dev/null; :'`,
      );
      await console.expect("", /up\n/, SOON);
      await sayWhatHangs(console);
      const lines = console.lastLines(HANGING_LINES);
      const programs = lines.filter((line) => /^\S+ +[\d:-]+ /.test(line));
      assertEquals(
        programs.some((line) => line.endsWith(" sleep 30.5")),
        true,
        lines.join("\n"),
      );
      assertMatch(lines.at(-1)!, /^@@[0-9a-f]{16}$/);
    },
  ));

Deno.test("sayWhatHangs() ends also where nobody is there", () =>
  withGuest(`${TYPED} exit`, sayWhatHangs));
