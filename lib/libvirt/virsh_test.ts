import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { fakeRun, type Step } from "../process/fake_run.ts";
import { realRun } from "../process/run.ts";
import { change, look, Virsh, XML_FILE } from "./virsh.ts";

const URI = "test:///default";

function batchOf(...commands: string[]): string {
  const marked = commands.map((line) => `${line}; echo =ID=; echo --err =ID=`);
  return `virsh -c ${URI} ${marked.join("; ")}`;
}

async function given<T>(
  steps: Step[],
  work: (virsh: Virsh) => Promise<T>,
): Promise<T> {
  using run = fakeRun(steps);
  return await work(new Virsh(run, URI));
}

Deno.test("Virsh.try() hands back what virsh said against it", async () => {
  const answer = await given(
    [[`virsh -c ${URI} dominfo -- x`, {
      code: 1,
      stderr: "error: failed to get domain 'x'\n\n",
    }]],
    (virsh) => virsh.try(look("dominfo", "--", "x")),
  );
  assertEquals(answer, {
    ok: false,
    stdout: "",
    error: "failed to get domain 'x'",
  });
});

Deno.test("Virsh.try() gives XML on standard input", async () => {
  await given(
    [[`virsh -c ${URI} define /dev/stdin`, { stdin: "<a/>" }]],
    (virsh) => virsh.try(change(["define", XML_FILE], "<a/>")),
  );
});

Deno.test("Virsh.must() says what could not be done, and why", async () => {
  const steps: Step[] = [[`virsh -c ${URI} start -- x`, {
    code: 1,
    stderr: "error: Failed to start domain 'x'\nerror: no space\n",
  }]];
  const failure = await assertRejects(
    () =>
      given(steps, (v) => v.must("cannot start", change(["start", "--", "x"]))),
    Failure,
  );
  assertEquals(failure.exit, "failed");
  assertEquals(
    failure.message,
    "cannot start: Failed to start domain 'x'\nno space",
  );
});

const DOWN = [
  [
    "Failed to connect socket to '/run/x': No such file or directory",
    "Failed to connect socket to '/run/x': No such file or directory",
  ],
  [
    "Failed to connect socket to '/run/x': Permission denied",
    "permission denied: you are not in the libvirt group",
  ],
  [
    "authentication unavailable: no polkit agent",
    "permission denied: you are not in the libvirt group",
  ],
] as const;

for (const [said, why] of DOWN) {
  for (const words of [["list"], ["list", "list"]]) {
    Deno.test(`Virsh says that libvirt cannot be reached: ${said}, ${words.length}`, async () => {
      const stderr = "error: failed to connect to the hypervisor\n" +
        `error: ${said}\n`;
      const line = words.length === 1
        ? `virsh -c ${URI} list`
        : batchOf(...words);
      const failure = await assertRejects(
        () =>
          given(
            [[line, { code: 1, stderr }]],
            (virsh) => virsh.batch(words.map((word) => look(word))),
          ),
        Failure,
      );
      assertEquals(failure.exit, "host");
      assertEquals(failure.message, `cannot reach libvirt at ${URI}: ${why}`);
      assertEquals(failure.hint, "vms-doctor");
    });
  }
}

Deno.test("Virsh.batch() runs no process for nothing, and one for many", async () => {
  const answers = await given([
    [batchOf("dominfo -- x", "dominfo -- 'a b'"), {
      stdout: "one\n=ID=\n\n=ID=\n",
      stderr: "error: =ID=\nerror: no domain\nerror: =ID=\n",
    }],
  ], async (virsh) => {
    assertEquals(await virsh.batch([]), []);
    return await virsh.batch([
      look("dominfo", "--", "x"),
      look("dominfo", "--", "a b"),
    ]);
  });
  assertEquals(answers.map(({ ok, error }) => [ok, error]), [
    [true, ""],
    [false, "no domain"],
  ]);
});

Deno.test("Virsh.batch() does not take silence behind an end for success", async () => {
  const answers = await given([
    [batchOf("list", "list"), {
      code: 1,
      stdout: "one\n=ID=\n",
      stderr: "error: =ID=\nerror: the connection was lost\n",
    }],
  ], (virsh) => virsh.batch([look("list"), look("list")]));
  assertEquals(answers.map(({ ok, error }) => [ok, error]), [
    [true, ""],
    [false, "the connection was lost"],
  ]);
});

Deno.test("Virsh.batch() changes nothing with --dry-run and traces each call", async () => {
  const lines: string[] = [];
  const run = realRun({
    trace: false,
    dryRun: true,
    log: (line) => lines.push(line),
  });
  const answers = await new Virsh(run, URI).batch([
    change(["destroy", "--", "a"]),
    change(["undefine", "--", "a"]),
  ]);
  assertEquals(answers.map(({ ok }) => ok), [true, true]);
  assertEquals(lines, [
    `+ virsh -c ${URI} destroy -- a`,
    `+ virsh -c ${URI} undefine -- a`,
  ]);
});

Deno.test("Virsh.local is false for connections to other machines", () => {
  const run = realRun({ trace: false, dryRun: false, log: () => {} });
  const local = (uri: string) => new Virsh(run, uri).local;
  assertEquals(local("qemu:///system"), true);
  assertEquals(local("qemu+unix:///system?socket=/x"), true);
  for (
    const uri of [
      "qemu+ssh://host/system",
      "qemu+libssh2://host/system",
      "qemu+tls://host/system",
      "qemu://host/system",
    ]
  ) assertEquals(local(uri), false, uri);
});

Deno.test("Virsh shows no secret in a trace, by itself or among others", async () => {
  const traced: string[] = [];
  const log = (line: string) => traced.push(line);
  const virsh = new Virsh(realRun({ trace: true, dryRun: true, log }), URI);
  const secret = {
    ...change(["vol-upload", "v", XML_FILE], "very secret"),
    secret: true,
  };
  await virsh.try(secret);
  await virsh.batch([secret, change(["start", "x"])]);
  const shown =
    `virsh -c ${URI} vol-upload v /dev/stdin <<'END'\n(secret)\nEND`;
  assertEquals(traced, [
    `+ ${shown}`,
    `+ ${shown}`,
    `+ virsh -c ${URI} start x`,
  ]);
});
