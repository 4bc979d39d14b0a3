/** One virsh process that is asked many things: what lib/libvirt/session.ts believes of the real one. */

import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/command/failure.ts";
import { Session } from "../../lib/libvirt/session.ts";
import { change, look, Virsh, XML_FILE } from "../../lib/libvirt/virsh.ts";
import { realRun, type Run } from "../../lib/process/run.ts";

const URI = "test:///default";
const quiet = { trace: false, dryRun: false, log: () => {} };

/** The same as `run`, with the words of all programs that were started. */
function counted(run: Run): Run & { started: string[] } {
  const started: string[] = [];
  const counting: Run = Object.assign(
    (...call: Parameters<Run>) => {
      started.push(call[0].join(" "));
      return run(...call);
    },
    run,
    {
      talk(...call: Parameters<Run["talk"]>) {
        started.push(call[0].join(" "));
        return run.talk(...call);
      },
    },
  );
  return Object.assign(counting, { started });
}

async function given(
  work: (virsh: Virsh, started: string[]) => Promise<void>,
  { run = realRun(quiet), uri = URI } = {},
) {
  const counting = counted(run);
  const argv = ["virsh", "-c", uri];
  await using session = new Session(counting, argv);
  await work(new Virsh(counting, uri, session), counting.started);
}

function domain(name: string): string {
  return `<domain type="test"><name>${name}</name><memory>1024</memory>` +
    `<os><type>hvm</type></os></domain>`;
}

Deno.test("Session answers looks and batches from one process", async () => {
  await given(async (virsh, started) => {
    const state = await virsh.must("x", look("domstate", "--", "test"));
    assertEquals(state.trim(), "running");
    const answers = await virsh.batch([
      look("domstate", "--", "nope"),
      look("domuuid", "--", "test"),
      look("list", "--bogus"),
      look("domstate", "--", "a 'b"),
      look("domstate", "--", "test"),
    ]);
    assertEquals(answers.map(({ ok, error }) => ok ? "ok" : error), [
      "failed to get domain 'nope'",
      "ok",
      "command 'list' doesn't support option --bogus",
      "failed to get domain 'a 'b'",
      "ok",
    ]);
    assertEquals(answers[1]!.stdout.trim().length, 36);
    assertEquals(answers[4]!.stdout.trim(), "running");
    assertEquals(started, [`virsh -c ${URI}`]);
  });
});

Deno.test("Session says just what a process of its own says", async () => {
  const alone = new Virsh(realRun(quiet), URI);
  await given(async (virsh) => {
    for (
      const words of [
        ["list", "--all", "--title"],
        ["dumpxml", "--", "test"],
        ["pool-dumpxml", "--", "default-pool"],
        ["capabilities"],
        [
          "domstate",
          "--",
          "a name that makes the line longer than a screen is wide, by far and more",
        ],
      ]
    ) {
      const [one, other] = [
        await virsh.try(look(...words)),
        await alone.try(look(...words)),
      ];
      const trimmed = (
        { ok, stdout, error }: typeof one,
      ) => [ok, stdout.trimEnd(), error];
      assertEquals(trimmed(one), trimmed(other));
    }
  });
});

Deno.test("Session keeps what one command did for the next, with XML", async () => {
  await given(async (virsh, started) => {
    await virsh.mustAll("x", [change(["define", XML_FILE], domain("web"))]);
    assertEquals((await virsh.try(look("domstate", "web"))).ok, true);
    const [bad] = await virsh.batch([change(["define", XML_FILE], "<domain>")]);
    assertEquals(bad!.ok, false);
    assertEquals(started.length, 1);
  });
});

Deno.test("Session leaves a change by itself to a process with an exit code", async () => {
  await given(async (virsh, started) => {
    const answer = await virsh.try(change(["destroy", "--", "nope"]));
    assertEquals(answer.error, "failed to get domain 'nope'");
    assertEquals(started, [`virsh -c ${URI} destroy -- nope`]);
  });
});

Deno.test("Session: who asks while it is busy is answered by another process", async () => {
  await given(async (virsh) => {
    const asked = Array.from(
      { length: 3 },
      () => virsh.must("x", look("domstate", "--", "test")),
    );
    const states = (await Promise.all(asked)).map((state) => state.trim());
    assertEquals(states, ["running", "running", "running"]);
  });
});

Deno.test("Session: lines that are long or have control characters go elsewhere", async () => {
  await given(async (virsh, started) => {
    for (const name of ["a\nb", "a\tb", "x".repeat(2000)]) {
      const { error } = await virsh.try(look("domstate", "--", name));
      // virsh's own lines are trimmed.
      assertEquals(error.startsWith("failed to get domain '"), true);
    }
    assertEquals(started.every((words) => words.includes("domstate")), true);
  });
});

Deno.test("Session begins anew when virsh was killed", async () => {
  const run = realRun(quiet);
  const kills: (() => void)[] = [];
  const killable: Run = Object.assign(
    (...call: Parameters<Run>) => run(...call),
    run,
    {
      talk(...call: Parameters<Run["talk"]>) {
        const talk = run.talk(...call);
        kills.push(() => talk.kill("SIGKILL"));
        return talk;
      },
    },
  );
  await given(async (virsh) => {
    const test = look("domstate", "--", "test");
    assertEquals((await virsh.try(test)).ok, true);
    kills[0]!();
    assertEquals((await virsh.try(test)).ok, true);
    assertEquals((await virsh.try(test)).ok, true);
    assertEquals(kills.length, 2);
  }, { run: killable });
});

Deno.test("Session: a command that virsh did not live to end has failed", async () => {
  await given(async (virsh) => {
    const answers = await virsh.batch([
      look("domstate", "--", "test"),
      look("quit"),
      look("domstate", "--", "test"),
    ]);
    assertEquals(answers.map(({ ok }) => ok), [true, false, false]);
    assertEquals((await virsh.try(look("domstate", "--", "test"))).ok, true);
  });
});

Deno.test("Session: libvirt that is not there is exit host", async () => {
  const uri = "qemu:///system?socket=/nowhere/libvirt-sock";
  await given(async (virsh) => {
    const failure = await assertRejects(() => virsh.try(look("list")), Failure);
    assertEquals(failure.exit, "host");
    assertEquals(failure.why.includes("/nowhere/libvirt-sock"), true);
  }, { uri });
});

Deno.test("Session traces each call, and starts nothing where nothing may change", async () => {
  const lines: string[] = [];
  const run = realRun({ trace: true, dryRun: true, log: (l) => lines.push(l) });
  await given(async (virsh, started) => {
    const changes = [
      change(["destroy", "--", "a"]),
      change(["undefine", "--", "a"]),
    ];
    assertEquals((await virsh.batch(changes)).map(({ ok }) => ok), [
      true,
      true,
    ]);
    assertEquals(started, []);
    await virsh.try(look("domstate", "--", "test"));
    assertEquals(started.length, 1);
  }, { run });
  assertEquals(lines, [
    `+ virsh -c ${URI} destroy -- a`,
    `+ virsh -c ${URI} undefine -- a`,
    `+ virsh -c ${URI} domstate -- test`,
  ]);
});

Deno.test("Session leaves nothing in virsh's history", async () => {
  const cache = Deno.env.get("XDG_CACHE_HOME") ||
    `${Deno.env.get("HOME")}/.cache`;
  const history = () =>
    Deno.readTextFile(`${cache}/libvirt/virsh/history`).catch(() => "");
  const before = await history();
  await given(async (virsh) => {
    await virsh.try(look("domstate", "--", "test"));
  });
  assertEquals(await history(), before);
});
