import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { sshKeys } from "./ssh_key.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq me@host";
const OTHER = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9w==";

Deno.test("sshKeys() takes keys and files of keys, each once", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, `# mine\n${KEY}\n\n${OTHER}\n`);
    assertEquals(await sshKeys([KEY, path]), [KEY, OTHER]);
    assertEquals(await sshKeys([]), []);
  } finally {
    await Deno.remove(path);
  }
});

const BAD = [
  "-----BEGIN OPENSSH PRIVATE KEY-----",
  "id_ed25519.pub",
  "ssh-ed25519",
  "ssh-ed25519 AAAA a\nssh-ed25519 BBBB",
  'command="id" ssh-ed25519 AAAA',
  "",
];

for (const word of BAD) {
  Deno.test(`sshKeys() refuses ${JSON.stringify(word)}`, async () => {
    const failure = await assertRejects(() => sshKeys([word]), Failure);
    assertEquals(failure.exit, "usage");
    assertEquals(
      failure.why,
      "neither a public ssh key nor an absolute path of a file of them",
    );
  });
}

Deno.test("sshKeys() names a file that is not there", async () => {
  const failure = await assertRejects(() => sshKeys(["/none.pub"]), Failure);
  assertEquals(failure.what, 'cannot use ssh_keys: "/none.pub"');
});

Deno.test("sshKeys() never takes a private key out of a file", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n");
    const failure = await assertRejects(() => sshKeys([path]), Failure);
    assertEquals(failure.message.includes("BEGIN"), false);
  } finally {
    await Deno.remove(path);
  }
});
