import { assertEquals } from "@std/assert";
import { Report } from "./copy_report.ts";

const encoder = new TextEncoder();

function reported(...said: string[]): Report {
  const report = new Report();
  for (const text of said) report.push(encoder.encode(text));
  return report;
}

Deno.test("Report has the paths that have come, and what was left out", () => {
  const said = { paths: ["/home/user/a"], skipped: ["b"], more: 2 };
  const report = reported("a warning\n", `${JSON.stringify(said)}\n`);
  assertEquals(report.error, undefined);
  assertEquals(report.paths, ["/home/user/a"]);
  assertEquals([report.skipped, report.more], [["b"], 2]);
});

Deno.test("Report: nothing that a guest says draws on the terminal", () => {
  const evil = "a\x1b[2Jb\u202ec\nd\x07";
  const said = { paths: [evil, 7, null], skipped: [evil], error: evil };
  const report = reported(JSON.stringify(said));
  const shown = [...report.paths, ...report.skipped, report.error!.message];
  assertEquals(shown.length, 3);
  for (const text of shown) assertEquals(/\p{C}/u.test(text), false, text);
});

Deno.test("Report: words that are no report are the error", () => {
  assertEquals(reported("error: out of memory\n").error?.kind, "failed");
  assertEquals(reported("[1").error?.message, "[1");
  assertEquals(reported("").error, undefined);
  for (const text of ["null", "7", "[]", '{"paths":"x","more":1e999}']) {
    const report = reported(text);
    assertEquals([report.paths, report.skipped, report.more], [
      [],
      [],
      undefined,
    ], text);
  }
});

Deno.test("Report keeps no more than it reads", () => {
  const report = reported("x".repeat(2 ** 20), "y".repeat(2 ** 20), "z");
  assertEquals(report.error!.message.length <= 500, true);
});
