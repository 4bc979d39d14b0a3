import { assertEquals } from "@std/assert";
import { realRun } from "../process/run.ts";

const PROGRAM = new URL("../../tests/sample_program.ts", import.meta.url);

interface Ended {
  code: number;
  stdout: string;
  stderr: string[];
}

/** Run the sample program as a shell would; both outputs are pipes. */
async function program(argv: string[], stdin = ""): Promise<Ended> {
  const run = realRun({ trace: false, dryRun: false, log: () => {} });
  const { code, stdout, stderr } = await run([
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "--no-lock",
    "--allow-read",
    "--allow-env",
    "--allow-run=sh",
    PROGRAM.pathname,
    ...argv,
  ], { stdin, ok: [0, 1, 2, 4, 6, 42] });
  return { code, stdout, stderr: stderr.split("\n").slice(0, -1) };
}

Deno.test("main() prints names alone where no terminal is", async () => {
  assertEquals(await program(["a", "bc"]), {
    code: 0,
    stdout: "a\nbc\n",
    stderr: [],
  });
});

Deno.test("main() prints NDJSON with --json", async () => {
  const { stdout } = await program(["--json", "a", "bc"]);
  assertEquals(stdout, '{"name":"a","size":1}\n{"name":"bc","size":2}\n');
});

Deno.test("main() reads names from standard input for -", async () => {
  const { stdout } = await program(["x", "-", "y"], "a\n\n  b \nc");
  assertEquals(stdout, "x\na\nb\nc\ny\n");
});

Deno.test("main() checks names from standard input", async () => {
  assertEquals(await program(["-"], "a\n../x\n"), {
    code: 2,
    stdout: "",
    stderr: [
      "vms-echo: cannot understand the command line: vms-echo NAME: " +
      '"../x" is not a name: 1 to 63 of a-z, 0-9 and -, not beginning with -',
      "vms-echo: try: vms-echo --help",
    ],
  });
});

Deno.test("main() does nothing for no names on standard input", async () => {
  assertEquals(await program(["-"], ""), { code: 0, stdout: "", stderr: [] });
});

Deno.test("main() tells what, why and what to do, and nothing raw", async () => {
  assertEquals(await program(["a", "--end=failure"]), {
    code: 4,
    stdout: "",
    stderr: [
      'vms-echo: cannot make "web": a VM of that name?[31m exists?',
      "vms-echo: try: vms-list",
    ],
  });
});

Deno.test("main() hands the exit code of a guest's program through", async () => {
  const ended = await program(["a", "--end=guest"]);
  assertEquals(ended, { code: 42, stdout: "", stderr: [] });
});

Deno.test("main() tells the last line of a child that failed", async () => {
  const ended = await program(["a", "--child=echo no >&2; exit 9"]);
  assertEquals(ended.code, 1);
  assertEquals(ended.stderr, ["vms-echo: sh exited with 9: no"]);
});

Deno.test("main() shows the stack of a defect", async () => {
  const { code, stderr } = await program(["a", "--end=defect"]);
  assertEquals(code, 1);
  assertEquals(stderr[0], "vms-echo: TypeError: of ours");
  assertEquals(stderr[1]!.startsWith("vms-echo:     at "), true);
});

Deno.test("main() runs no child with --dry-run and prints it", async () => {
  assertEquals(await program(["a", "-n", "--child=exit 9"]), {
    code: 0,
    stdout: "a\n",
    stderr: ["vms-echo: nothing is changed", "+ sh -c 'exit 9'"],
  });
});

Deno.test("main() prints each child with --trace", async () => {
  const { stderr } = await program(["a", "-x", "--child=true"]);
  assertEquals(stderr, ["+ sh -c true"]);
});

Deno.test("main() prints steps as plain lines where no terminal is", async () => {
  const { stderr } = await program(["a", "--step"]);
  assertEquals(stderr[0], "[1/2] echo");
  assertEquals(/^ {6}\d+\.\d s$/.test(stderr[1]!), true, stderr[1]);
});

Deno.test("main() ends quietly when its reader went away", async () => {
  const run = realRun({ trace: false, dryRun: false, log: () => {} });
  const script = '"$0" run -q --no-lock --allow-read --allow-env "$1" a ' +
    "--bytes=10000000 | head -c 1 >&2; exit ${PIPESTATUS[0]}";
  const ended = await run([
    "bash",
    "-c",
    script,
    Deno.execPath(),
    PROGRAM.pathname,
  ], { ok: [1] });
  assertEquals(ended.stderr, "\0");
});

Deno.test("main() prints the version and the help", async () => {
  assertEquals((await program(["--version"])).stdout, "vms-echo 0.1.0\n");
  const { stdout } = await program(["--help"]);
  assertEquals(stdout.split("\n")[0], "usage: vms-echo [OPTION]... NAME...");
});
