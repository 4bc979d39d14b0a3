import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { fakeRun } from "../process/fake_run.ts";
import { realRun } from "../process/run.ts";
import { hashes } from "./hash.ts";

/** crypt(5) as another program does it; the same hash proves the password. */
async function crypt(password: string, hash: string): Promise<string> {
  const child = new Deno.Command("openssl", {
    args: ["passwd", "-6", "-salt", hash.split("$")[2]!, "-stdin"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await new Response(`${password}\n`).body!.pipeTo(child.stdin);
  return new TextDecoder().decode((await child.output()).stdout).trim();
}

Deno.test("hashes() are of the passwords, in their order, each with its salt", async () => {
  const traced: string[] = [];
  const log = (line: string) => traced.push(line);
  const run = realRun({ trace: true, dryRun: true, log });
  const passwords = ["hx4k-9mbp", "hx4k-9mbp", "mit Wörtern & $'\"\\"];
  const made = await hashes(run, passwords);
  assertEquals(new Set(made).size, 3);
  for (const [i, hash] of made.entries()) {
    assertMatch(hash, /^\$6\$/);
    assertEquals(await crypt(passwords[i]!, hash), hash);
  }
  assertEquals(traced, ["+ openssl passwd -6 -stdin"]);
});

Deno.test("hashes() of nothing runs nothing", async () => {
  using run = fakeRun([]);
  assertEquals(await hashes(run, []), []);
});

Deno.test("hashes() takes nothing else for a hash", async () => {
  const answers = ["", "x\n", "$6$a$b\n", `$6$a$${"b".repeat(86)}\nmore\n`];
  for (const stdout of answers) {
    using run = fakeRun([[
      "openssl passwd -6 -stdin",
      { stdin: "secret\n", stdout },
    ]]);
    const failure = await assertRejects(() => hashes(run, ["secret"]), Failure);
    assertEquals(
      failure.message,
      "cannot hash passwords: openssl did not print a SHA-512 hash of each",
    );
  }
});
