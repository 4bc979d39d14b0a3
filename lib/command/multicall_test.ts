import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "./failure.ts";
import { called, type Entries } from "./multicall.ts";

const load = () => Promise.resolve({});
const ENTRIES: Entries = {
  "vms-clone": { summary: "make VMs", load },
  "vms-list": { summary: "print VMs", load },
};

function refused(argv: string[]): [why: string, hint: string | undefined] {
  const { exit, why, hint } = assertThrows(
    () => called(ENTRIES, "/usr/bin/vms", argv),
    Failure,
  );
  assertEquals(exit, "usage");
  return [why, hint];
}

Deno.test("called() takes the name the program was called by", () => {
  assertEquals(called(ENTRIES, "/opt/bin/vms-clone", ["list"]), {
    name: "vms-clone",
    argv: ["list"],
  });
});

Deno.test("called() takes the first word of any other name", () => {
  for (const program of ["/usr/bin/vms", "/usr/bin/deno", "vms"]) {
    assertEquals(called(ENTRIES, program, ["clone", "gui", "a"]), {
      name: "vms-clone",
      argv: ["gui", "a"],
    });
  }
});

Deno.test("called() is about the toolkit without a word", () => {
  for (const argv of [[], ["--help"], ["-h"]]) {
    assertEquals(called(ENTRIES, "vms", argv), { name: undefined, argv: [] });
  }
  assertEquals(called(ENTRIES, "vms", ["--version"]).argv, ["--version"]);
});

Deno.test("called() names the command that is closest", () => {
  assertEquals(refused(["clnoe"]), [
    'vms has no command "clnoe"',
    "vms clone --help",
  ]);
  assertEquals(refused(["toString"]), [
    'vms has no command "toString"',
    "vms --help",
  ]);
  assertEquals(refused([""])[0], 'vms has no command ""');
  assertEquals(refused(["--bogus"]), [
    'vms has no option "--bogus"',
    "vms --help",
  ]);
});
