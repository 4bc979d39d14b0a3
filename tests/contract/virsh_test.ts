/** What lib/libvirt believes of virsh, asked of the real one: its test driver. */

import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/command/failure.ts";
import { getDomain, listDomains } from "../../lib/libvirt/domain.ts";
import { change, look, Virsh, XML_FILE } from "../../lib/libvirt/virsh.ts";
import { Pool } from "../../lib/libvirt/volume.ts";
import { realRun } from "../../lib/process/run.ts";

const run = realRun({ trace: false, dryRun: false, log: () => {} });
const virsh = new Virsh(run, "test:///default");

/** A domain of the test driver, forgotten when virsh ends. */
function domain(name: string): string {
  return `<domain type="test"><name>${name}</name><memory>1024</memory>` +
    `<os><type>hvm</type></os></domain>`;
}

function outcome(answers: { ok: boolean; error: string }[]) {
  return answers.map(({ ok, error }) => ok ? "ok" : error);
}

Deno.test("virsh: outputs and errors of a batch land at their commands", async () => {
  const answers = await virsh.batch([
    look("domstate", "--", "nope"),
    look("domstate", "--", "test"),
    look("domuuid", "--", "nope2"),
    look("domstate", "--", "nope3"),
    look("domuuid", "--", "test"),
  ]);
  assertEquals(outcome(answers), [
    "failed to get domain 'nope'",
    "ok",
    "failed to get domain 'nope2'",
    "failed to get domain 'nope3'",
    "ok",
  ]);
  assertEquals(answers[1]!.stdout.trim(), "running");
  assertEquals(answers[4]!.stdout.trim().length, 36);
});

Deno.test("virsh: a batch that ends in a failure keeps what went before", async () => {
  const answers = await virsh.batch([
    look("domstate", "--", "test"),
    look("domstate", "--", "nope"),
  ]);
  assertEquals(outcome(answers), ["ok", "failed to get domain 'nope'"]);
});

Deno.test("virsh: one command of a batch sees what another did", async () => {
  const answers = await virsh.batch([
    change(["define", XML_FILE], domain("web")),
    look("domstate", "--", "web"),
    change(["undefine", "--", "web"]),
    look("domstate", "--", "web"),
  ]);
  assertEquals(outcome(answers), [
    "ok",
    "ok",
    "ok",
    "failed to get domain 'web'",
  ]);
  assertEquals(answers[1]!.stdout.trim(), "shut off");
});

Deno.test("virsh: a batch quotes words as virsh reads them", async () => {
  for (
    const name of [
      "a b",
      "it's",
      'q"q',
      "back\\slash",
      "semi;colon",
      "#x",
      "$HOME",
      "ü",
    ]
  ) {
    const answers = await virsh.batch([
      look("domstate", "--", name),
      look("domstate", "--", "test"),
    ]);
    assertEquals(answers[1]!.stdout.trim(), "running", name);
    const said = answers[0]!.error;
    const shown = name === "ü" ? said : `failed to get domain '${name}'`;
    assertEquals(said, shown);
  }
});

Deno.test("virsh: XML of a batch is read whole, and its file removed", async () => {
  const bad = "<domain type='test'><name>x";
  const answers = await virsh.batch([
    change(["define", XML_FILE], bad),
    change(["define", XML_FILE], domain("good")),
  ]);
  assertEquals(answers.map(({ ok }) => ok), [false, true]);
  assertEquals(/domain_definition/.test(answers[0]!.error), true);
});

Deno.test("virsh: a word it does not know fails the whole batch, each for a reason", async () => {
  const answers = await virsh.batch([
    look("domstate", "--", "test"),
    look("list", "--bogus"),
  ]);
  assertEquals(answers.map(({ ok }) => ok), [false, false]);
  assertEquals(answers.some(({ error }) => /bogus/.test(error)), true);
});

Deno.test("virsh: one hundred commands go into one batch", async () => {
  const answers = await virsh.batch(
    Array.from({ length: 100 }, () => look("dumpxml", "--", "test")),
  );
  assertEquals(
    answers.every(({ ok, stdout }) => ok && stdout.includes("</domain>")),
    true,
  );
});

Deno.test("virsh: a domain that is not there is missing", async () => {
  const failure = await assertRejects(() => getDomain(virsh, "nope"), Failure);
  assertEquals(failure.exit, "missing");
});

Deno.test("virsh: the list of domains is read by its headers", async () => {
  const list = await listDomains(virsh);
  assertEquals(list.map(({ name, state, kind }) => [name, state, kind]), [
    ["test", "running", undefined],
  ]);
});

Deno.test("virsh: a name that looks like an option is none behind --", async () => {
  for (const name of ["-rf", "--all"]) {
    const { ok, error } = await virsh.try(look("domstate", "--", name));
    assertEquals([ok, error], [false, `failed to get domain '${name}'`]);
  }
});

Deno.test("virsh: libvirt that is not there is exit host", async () => {
  const away = new Virsh(run, "qemu:///system?socket=/nowhere/libvirt-sock");
  for (const calls of [[look("list")], [look("list"), look("list")]]) {
    const failure = await assertRejects(() => away.batch(calls), Failure);
    assertEquals(failure.exit, "host");
    assertEquals(failure.why.includes("/nowhere/libvirt-sock"), true);
  }
});

Deno.test("virsh: volumes are made, listed and deleted", async () => {
  const pool = new Pool(virsh, "default-pool");
  assertEquals(await pool.directory(), "/default-pool");
  const made = await virsh.batch([
    pool.create({ name: "a.qcow2", capacity: 2 ** 20 }),
    pool.create({
      name: "b.qcow2",
      capacity: 2 ** 20,
      backing: "/default-pool/a.qcow2",
      mode: 0o444,
    }),
    look("vol-dumpxml", "--pool", pool.name, "--", "b.qcow2"),
    pool.create({ name: "a.qcow2", capacity: 2 ** 20 }),
    pool.delete("b.qcow2"),
    pool.delete("b.qcow2"),
  ]);
  assertEquals(made.map(({ ok }) => ok), [
    true,
    true,
    true,
    false,
    true,
    false,
  ]);
  assertEquals(made[2]!.stdout.includes("/default-pool/a.qcow2"), true);
});
