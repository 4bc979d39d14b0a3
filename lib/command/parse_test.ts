import { assertEquals, assertThrows } from "@std/assert";
import { MEANT, SAMPLE, SAMPLES } from "../../tests/sample.ts";
import { type Command, command } from "./declaration.ts";
import { Failure } from "./failure.ts";
import { parse } from "./parse.ts";

function refused(command: Command, argv: string[]): string {
  const failure = assertThrows(() => parse(command, argv), Failure);
  assertEquals(failure.exit, "usage");
  assertEquals(failure.what, "cannot understand the command line");
  assertEquals(failure.hint, `${command.name} --help`);
  return failure.why;
}

/** Words that are refused, and why. */
const REFUSED: [command: Command, argv: string[], why: string][] = [
  [SAMPLE, [], "vms-sample needs SOURCE"],
  [SAMPLE, ["gui"], "vms-sample needs NAME"],
  [SAMPLE, ["gui", "--", "-rf"], "vms-sample needs NAME"],
  [SAMPLE, ["gui", "-rf"], "vms-sample has no option -rf"],
  [SAMPLE, ["gui", "a", "--bogus=1"], "vms-sample has no option --bogus"],
  [SAMPLE, ["gui", "a", "--no-start"], "vms-sample has no option --no-start"],
  [SAMPLE, ["gui", "a", "--m=1G"], "vms-sample has no option --m"],
  [SAMPLE, ["gui", "a", "--_=1"], "vms-sample has no option --_"],
  [SAMPLE, ["gui", "a", "--__proto__"], "vms-sample has no option --__proto__"],
  [SAMPLE, ["gui", "a", "---"], "vms-sample has no option ---"],
  [
    SAMPLE,
    ["gui", "a", "--\x1b[31m\n"],
    'vms-sample has no option "--\\u001b[31m\\n"',
  ],
  [SAMPLE, ["gui", "a", "--memory"], "vms-sample needs a value for --memory"],
  [SAMPLE, ["gui", "a", "-m"], "vms-sample needs a value for --memory"],
  [SAMPLE, ["gui", "a", "--memory="], "vms-sample needs a value for --memory"],
  [
    SAMPLE,
    ["gui", "a", "--memory", "--start"],
    "vms-sample needs a value for --memory",
  ],
  [
    SAMPLE,
    ["gui", "a", "--memory", "--", "1G"],
    "vms-sample needs a value for --memory",
  ],
  [SAMPLE, ["gui", "a", "--share="], "vms-sample needs a value for --share"],
  [
    SAMPLE,
    ["gui", "a", "--memory=0"],
    'vms-sample --memory: "0" is not a size such as 512M or 20G',
  ],
  [
    SAMPLE,
    ["gui", "a", "--memory=\n1G"],
    'vms-sample --memory: "\\n1G" is not a size such as 512M or 20G',
  ],
  [
    SAMPLE,
    ["gui", "a", "-m1G", "--memory=2G"],
    "vms-sample takes one --memory",
  ],
  [
    SAMPLE,
    ["gui", "a", "--start=no"],
    "vms-sample takes no value for --start",
  ],
  [SAMPLE, ["gui", "a", "-s=no"], "vms-sample takes no value for -s"],
  [SAMPLE, ["gui", "a", "-n=0"], "vms-sample takes no value for -n"],
  [
    SAMPLE,
    ["gui", ""],
    'vms-sample NAME: "" is not a name: 1 to 63 of a-z, 0-9 and -, not beginning with -',
  ],
  [
    SAMPLE,
    ["gui", "a", "a\nb"],
    'vms-sample NAME: "a\\nb" is not a name: 1 to 63 of a-z, 0-9 and -, not beginning with -',
  ],
  [SAMPLES, [], "vms-samples needs one of: list, attach"],
  [SAMPLES, ["--json"], "vms-samples needs one of: list, attach"],
  [SAMPLES, ["nope"], 'vms-samples has no "nope"'],
  [SAMPLES, [""], 'vms-samples has no ""'],
  [SAMPLES, ["toString"], 'vms-samples has no "toString"'],
  [SAMPLES, ["a\nb"], 'vms-samples has no "a\\nb"'],
  [SAMPLES, ["--bogus"], "vms-samples has no option --bogus"],
  [SAMPLES, ["list", "--to=x"], "vms-samples has no option --to"],
  [SAMPLES, ["list", "x"], 'vms-samples takes no further word: "x"'],
  [SAMPLES, ["attach"], "vms-samples needs DEVICE"],
  [
    SAMPLES,
    ["attach", "1", "a", "b", "c"],
    'vms-samples takes no further word: "b"',
  ],
];

for (const [command, argv, why] of REFUSED) {
  const words = argv.map((word) => JSON.stringify(word)).join(" ");
  Deno.test(`parse() refuses ${command.name} ${words}`, () => {
    assertEquals(refused(command, argv), why);
  });
}

Deno.test("parse() hands over operands, options and defaults", () => {
  const { verb, words, options, common } = parse(SAMPLE, ["gui", "web"]);
  assertEquals(verb, undefined);
  assertEquals(words, { operands: ["gui", "web"], rest: undefined });
  assertEquals(options, {
    memory: undefined,
    state: "running",
    share: [],
    recipe: undefined,
    start: false,
  });
  assertEquals(common, {
    "json": false,
    "dry-run": false,
    "trace": false,
    "help": false,
    "version": false,
  });
});

for (
  const argv of [
    ["--memory=2G"],
    ["--memory", "2G"],
    ["-m", "2G"],
    ["-m2G"],
    ["-m=2G"],
    ["-sm2G"],
    ["-sm", "2G"],
  ]
) {
  Deno.test(`parse() reads the value of ${argv.join(" ")}`, () => {
    const { options, words } = parse(SAMPLE, [...argv, "gui", "a"]);
    assertEquals(options.memory, 2 ** 31);
    assertEquals(words.operands, ["gui", "a"]);
  });
}

Deno.test("parse() takes options anywhere before a --", () => {
  const { options, words } = parse(SAMPLE, ["gui", "-s", "a", "--json", "b"]);
  assertEquals(options.start, true);
  assertEquals(words.operands, ["gui", "a", "b"]);
});

Deno.test("parse() does not take an operand for the value of a flag", () => {
  const { options, words } = parse(SAMPLE, ["--start", "true", "false"]);
  assertEquals(options.start, true);
  assertEquals(words.operands, ["true", "false"]);
  assertEquals(parse(SAMPLE, ["-n", "true", "a"]).words.operands.length, 2);
});

Deno.test("parse() reads several short flags in one word", () => {
  const { options, common } = parse(SAMPLE, ["gui", "a", "-snx"]);
  assertEquals([options.start, common["dry-run"], common.trace], [
    true,
    true,
    true,
  ]);
});

Deno.test("parse() collects options that may be repeated", () => {
  const argv = ["gui", "a", "--share=/a", "--share", "/b=c"];
  assertEquals(parse(SAMPLE, argv).options.share, ["/a", "/b=c"]);
});

Deno.test("parse() keeps words that look like numbers as they are", () => {
  assertEquals(parse(SAMPLE, ["007", "0"]).words.operands, ["007", "0"]);
});

Deno.test("parse() hands over all that stands behind --", () => {
  const { words } = parse(SAMPLE, ["gui", "a", "--", "ls", "--", "-s", ""]);
  assertEquals(words, { operands: ["gui", "a"], rest: ["ls", "--", "-s", ""] });
  assertEquals(parse(SAMPLE, ["gui", "a", "--"]).words.rest, []);
});

Deno.test("parse() takes operands behind -- where no command is expected", () => {
  const { words } = parse(SAMPLES, ["attach", "--", "--to"]);
  assertEquals(words, { operands: ["--to"], rest: undefined });
});

Deno.test("parse() leaves - for standard input unchecked", () => {
  const { words } = parse(SAMPLE, ["gui", "-", "a"]);
  assertEquals(words.operands, ["gui", "-", "a"]);
});

Deno.test("parse() finds the verb behind options", () => {
  const { verb, options } = parse(SAMPLES, ["-a", "list"]);
  assertEquals([verb, options.all], ["list", true]);
});

Deno.test("parse() asks for nothing else where help is wanted", () => {
  assertEquals(parse(SAMPLE, ["--help"]).common.help, true);
  assertEquals(parse(SAMPLES, ["-h"]).action, undefined);
  assertEquals(parse(SAMPLES, ["attach", "--help"]).common.help, true);
  assertEquals(parse(SAMPLES, ["--version"]).common.version, true);
});

Deno.test("parse() knows a flag whose name begins with no-", () => {
  const lazy = command({
    name: "vms-lazy",
    summary: "Wait, or not",
    needs: {},
    examples: [],
    options: {
      "no-wait": { short: "w", help: "don't wait" },
      wait: { help: "wait" },
    },
    run: () => Promise.resolve(),
  });
  const given = (...argv: string[]) => parse(lazy, argv).options;
  assertEquals(given("--no-wait"), { "no-wait": true, wait: false });
  assertEquals(given("-w"), { "no-wait": true, wait: false });
  assertEquals(given("--wait"), { "no-wait": false, wait: true });
});

Deno.test("parse() takes the verb that is meant where none is named", () => {
  const found = (...argv: string[]) => {
    const { verb, words, common } = parse(MEANT, argv);
    return [verb, words.operands, common.json];
  };
  assertEquals(found("2-1", "web"), ["attach", ["2-1", "web"], false]);
  assertEquals(found("--json", "2-1"), ["attach", ["2-1"], true]);
  assertEquals(found("attach", "2-1"), ["attach", ["2-1"], false]);
  assertEquals(found("attach", "list"), ["attach", ["list"], false]);
  assertEquals(found("list"), ["list", [], false]);
  assertEquals(parse(MEANT, ["--help"]).common.help, true);
  assertEquals(refused(MEANT, []), "vms-meant needs DEVICE");
});
