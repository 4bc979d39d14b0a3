import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { Console } from "../console/console.ts";
import { realRun } from "../process/run.ts";
import { runStep } from "./run_step.ts";

const STEP = {
  name: "30-base",
  says: "install the base system",
  patience: { silence: 5000, total: 10_000 },
  checkpoint: true,
};

/** The guest's shell: it reads the typed line, and echoes it as a tty does. */
const GUEST = `
IFS= read -r -d $'\\r' line
line=\${line#$'\\x15'}
printf '%s\\r\\n' "$line"
read -r _ program name one two <<<"$line"
[ "$program $name" = '/run/vms/seed/guest/run-step 30-base' ] || exit
mark() { printf '@@%s%s:%s:%s@@\\r\\n' "$one" "$two" "$name" "$1"; }
log() { printf '%s\\n' "$@" >>"$LOGS/$name.log"; }
file() { echo "$1" >"$LOGS/$name.rc-$one$two"; }
`;

/** It is asked what hangs, and has nothing to tell. */
const ASKED = `
IFS= read -r -d $'\\r' line
eval "\${line##*;}"
sleep 20
`;

/** Run the step with a guest that goes on so. */
async function stepWith(
  script: string,
  patience = STEP.patience,
): Promise<string[]> {
  const logs = await Deno.makeTempDir();
  const transcript = await Deno.open(join(logs, "transcript"), {
    create: true,
    write: true,
  });
  const run = realRun({ trace: false, dryRun: false, log() {} });
  const talk = run.talk(["bash", "-c", `${GUEST}${script}\n${ASKED}`], {
    env: { LOGS: logs },
  });
  const console = new Console(talk, transcript);
  const notes: string[] = [];
  try {
    const step = { ...STEP, patience };
    await runStep(console, step, logs, (says) => notes.push(says));
  } finally {
    await console.close();
    transcript.close();
    await Deno.remove(logs, { recursive: true });
  }
  return notes;
}

async function refused(script: string, patience = STEP.patience) {
  const failure = await assertRejects(
    () => stepWith(script, patience),
    Failure,
  );
  return `${failure.exit}: ${failure.message}`;
}

Deno.test("runStep() ends with the mark that the guest prints", async () => {
  await stepWith("mark 0");
});

Deno.test("runStep() is not taken in by the echo of what it types", async () => {
  const soon = { silence: 500, total: 2000 };
  assertEquals(
    await refused("", soon),
    "timeout: cannot install: step 30-base: nothing was heard for 0.5 s",
  );
});

Deno.test("runStep() has a limit also for a step that never stops logging", async () => {
  const soon = { silence: 2000, total: 3000 };
  assertEquals(
    await refused("for i in {1..40}; do log $i; sleep 0.1; done &", soon),
    "timeout: cannot install: step 30-base: it took longer than 3 s",
  );
});

Deno.test("runStep() that waits no longer interrupts, and asks once what hangs", async () => {
  const typed = await Deno.makeTempFile();
  const soon = { silence: 500, total: 2000 };
  const ask = `IFS= read -r -d $'\\r' line; printf '%s\\n' "$line" >>${typed}`;
  try {
    await refused(`${ask}; eval "\${line##*;}"; ${ask}`, soon);
    const lines = (await Deno.readTextFile(typed)).split("\n");
    assertEquals(lines.length, 2);
    const [, line] = lines[0]!.split("\x03\x1a\x15");
    assertMatch(line!, /^systemctl list-jobs .*; ps /);
  } finally {
    await Deno.remove(typed);
  }
});

Deno.test("runStep() takes no code that a kernel line has split for another", async () => {
  const split =
    `printf '@@%s%s:%s:1[ 12.3] x\\r\\n7@@\\r\\n' "$one" "$two" "$name"`;
  assertEquals(
    await refused(`${split}; sleep 0.5; file 17`),
    "failed: cannot install: step 30-base: " +
      "it exited with 17: it printed nothing",
  );
});

Deno.test("runStep() takes the file where a kernel line splits the mark", async () => {
  await stepWith(
    `file 0; printf '@@%s[  12.3] audit: x\\r\\n%s:%s:0@@' "$one" "$two" "$name"`,
  );
});

Deno.test("runStep() takes no mark or file of another step or run", async () => {
  const soon = { silence: 700, total: 2000 };
  const others =
    "printf '@@0123456789abcdef:30-base:0@@ '; name=20-x mark 0; " +
    'one=00000000 file 0; echo 0x >"$LOGS/$name.rc-$one$two"';
  assertEquals(
    await refused(others, soon),
    "timeout: cannot install: step 30-base: nothing was heard for 0.7 s",
  );
});

Deno.test("runStep() tells the exit code and the last lines, without control characters", async () => {
  assertEquals(
    await refused(
      `log one two three $'\\e]0;evil\\afour'; mark 17`,
    ),
    "failed: cannot install: step 30-base: " +
      "it exited with 17: two / three / ?]0;evil?four",
  );
  assertEquals(
    await refused("mark 1"),
    "failed: cannot install: step 30-base: " +
      "it exited with 1: it printed nothing",
  );
});

Deno.test("runStep() takes a log that grows for life, and notes its last line", async () => {
  const notes = await stepWith(
    "for i in 1 2 3 4 5 6 7 8 9 0 1 2; do log line$i; sleep 0.25; done; mark 0",
    { silence: 2000, total: 20_000 },
  );
  assertEquals(notes.length > 0, true);
  assertEquals(notes.every((line) => /^line[0-9]$/.test(line)), true);
});

Deno.test("runStep() tells the last lines of a log of any length", async () => {
  assertEquals(
    await refused(
      `log one; truncate -s 8G "$LOGS/$name.log"; log '' two; mark 17`,
    ),
    "failed: cannot install: step 30-base: " +
      `it exited with 17: ${"?".repeat(200)} / two`,
  );
});

Deno.test("runStep() follows no link and waits for no FIFO that the guest makes", async () => {
  const soon = { silence: 700, total: 2000 };
  const outside = await Deno.makeTempFile();
  await Deno.writeTextFile(outside, "0\n");
  const rc = '"$LOGS/$name.rc-$one$two"';
  const late =
    "timeout: cannot install: step 30-base: nothing was heard for 0.7 s";
  try {
    assertEquals(await refused(`ln -s ${outside} ${rc}`, soon), late);
    assertEquals(await refused(`mkfifo ${rc} "$LOGS/$name.log"`, soon), late);
    assertEquals(
      await refused(`ln -s ${outside} "$LOGS/$name.log"; mark 17`),
      "failed: cannot install: step 30-base: " +
        "it exited with 17: it printed nothing",
    );
  } finally {
    await Deno.remove(outside);
  }
});
