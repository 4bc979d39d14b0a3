/** Passwords: given at the first boot, changed while it runs, kept, forgotten. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { connect, CONNECTED } from "../../lib/console/connect.ts";
import { Console } from "../../lib/console/console.ts";
import { Virsh } from "../../lib/libvirt/virsh.ts";
import { passwordStore } from "../../lib/password/store.ts";
import { realRun } from "../../lib/process/run.ts";
import { keyring } from "../keyring.ts";
import { online, ownAddress } from "../e2e/network.ts";
import {
  eventually,
  fails,
  inGuest,
  run,
  virsh,
  vms,
  volumes,
} from "../e2e/vms.ts";

const SOURCE = Deno.env.get("LAB_SOURCE")!;
const start = realRun({ trace: false, dryRun: false, log: () => {} });
const VM = "pw-web";
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq me@host";
const PATIENCE = { silence: 120_000, total: 300_000 };
const SHOWN = /^([a-z2-9]{4}-){4}[a-z2-9]{4}\n$/;

/** With a setting of the user's own, for the time of the work. */
async function withSettings(text: string, work: () => Promise<void>) {
  const path = `${Deno.env.get("HOME")}/.config/vms/vms.toml`;
  const before = await Deno.readTextFile(path).catch(() => undefined);
  await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.writeTextFile(path, `${before ?? ""}\n${text}`);
  try {
    await work();
  } finally {
    if (before === undefined) await Deno.remove(path);
    else await Deno.writeTextFile(path, before);
  }
}

/** Log in at the serial console as anybody would: true where it lets in. */
async function login(user: string, password: string): Promise<boolean> {
  const talk = connect(start, new Virsh(start, "qemu:///system"), VM);
  const log = await Deno.makeTempFile();
  const file = await Deno.open(log, { write: true });
  const console = new Console(talk, file);
  try {
    await console.expect("the console", CONNECTED, PATIENCE);
    // Prompts that nobody read are shown first; they are of no use.
    await console.quiet(1000);
    await console.expect("what was said before", /^[^]*$/, PATIENCE);
    // Whoever is logged in makes room for a new one.
    await inGuest(VM, "systemctl", "restart", "serial-getty@ttyS0");
    await console.expect("the prompt", /login: $/, PATIENCE);
    await console.send(user);
    await console.expect("the question", /Password: $/, PATIENCE);
    await console.send(password);
    const answer = /(Login incorrect)|[$#] $/;
    const [, refused] = await console.expect("the answer", answer, PATIENCE);
    if (!refused) await console.send("exit");
    return !refused;
  } finally {
    await console.close();
    file.close();
    await Deno.remove(log);
  }
}

/** A key of the test's own, made by the first of them, and what is public of it. */
let key = "";
const publicKey = async () => (await Deno.readTextFile(`${key}.pub`)).trim();

Deno.test.afterAll(() =>
  Deno.remove(key.replace(/\/key$/, ""), { recursive: true })
);

Deno.test("a clone has a password, and who knows it logs in on the console", async () => {
  key = `${await Deno.makeTempDir()}/key`;
  await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  const keys = `[vm]\nssh_keys = ["${KEY}", "${key}.pub"]\n`;
  await withSettings(keys, async () => {
    await vms("clone", "minimal", VM);
  });
  const password = await vms("passwords", VM);
  assertMatch(password, SHOWN);
  assertEquals(
    JSON.parse(await vms("passwords", VM, "--json")),
    { name: VM, password: password.trim() },
  );
  const path = `${Deno.env.get("HOME")}/.local/state/vms/passwords/${VM}`;
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  await vms("start", "--wait", VM);
  const dropIn =
    "/etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf";
  await inGuest(VM, "rm", dropIn);
  await inGuest(VM, "systemctl", "daemon-reload");
  assertEquals(await login("user", "not-the-password"), false);
  assertEquals(await login("user", password.trim()), true);
  assertEquals(await login("root", password.trim()), true);
});

Deno.test("its ssh keys are those of the settings, and its user's alone", async () => {
  const keys = "/home/user/.ssh/authorized_keys";
  assertEquals(
    await inGuest(VM, "cat", keys),
    `# vms: begin\n${KEY}\n${await publicKey()}\n# vms: end`,
  );
  assertEquals(await inGuest(VM, "stat", "-c", "%U %a", keys), "user 600");
});

Deno.test("who has one of them is let in by ssh, and nobody else", async () => {
  await inGuest(VM, "systemctl", "start", "sshd");
  await online(VM);
  // The VM's answers need a rule.
  const rule = "allow tcp 1024-65535 to 192.168.122.1";
  await vms("firewall", VM, ...rule.split(" "));
  const address = await ownAddress(VM);
  const ssh = async (identity: string) => {
    const options = ["BatchMode=yes", "StrictHostKeyChecking=no"];
    options.push("UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes");
    const words = options.flatMap((option) => ["-o", option]);
    const who = ["-i", identity, `user@${address}`, "id", "-un"];
    return await run(["ssh", "-F", "none", ...words, ...who]);
  };
  await eventually(async () => {
    const { code, stdout, stderr } = await ssh(key);
    assertEquals([code, stdout], [0, "user\n"], stderr);
  }, 180);
  const other = `${key}-other`;
  await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other]);
  assertMatch((await ssh(other)).stderr, /Permission denied/);
});

Deno.test("neither password nor hash stands where others can read it", async () => {
  const password = (await vms("passwords", VM)).trim();
  const shadow = await inGuest(VM, "getent", "shadow", "user");
  const hash = shadow.split(":")[1]!;
  assertMatch(hash, /^\$6\$/);
  const processes = await run(["ps", "-eo", "args", "ww"]);
  const xml = await virsh("dumpxml", "--security-info", VM);
  const log = await Deno.readTextFile(`/var/log/libvirt/qemu/${VM}.log`);
  const traced = await run(["vms-passwords", "rotate", "-n", VM, "--trace"]);
  assertEquals(traced.code, 0, traced.stderr);
  for (const text of [processes.stdout, xml, log, traced.stderr]) {
    assertEquals(text.includes(VM), true);
    for (const secret of [password, hash, "$6$"]) {
      assertEquals(text.includes(secret), false, text);
    }
  }
  assertEquals(await vms("passwords", VM), `${password}\n`, "a dry run");
  const image = `/var/lib/libvirt/images/${VM}.credentials`;
  assertEquals((await Deno.stat(image)).mode! & 0o777, 0o600);
});

/** The password's hash is what the VM has. */
async function isIn(password: string) {
  const line = await inGuest(VM, "getent", "shadow", "user");
  const [, , salt, hash] = line.split(":")[1]!.split("$");
  const argv = ["openssl", "passwd", "-6", "-salt", salt!, "-stdin"];
  const made = await run(argv, { stdin: password });
  assertEquals(made.stdout.trim(), `$6$${salt}$${hash}`);
}

/** Run a command; hand back the command lines of the programs that it ran. */
async function programsOf(argv: string[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  const log = `${folder}/log`;
  for (const name of ["openssl", "virsh", "dd"]) {
    const script = `#!/bin/sh
printf '%s\\n' "$0 $*" >> ${log}
PATH=\${PATH#*:} exec ${name} "$@"
`;
    await Deno.writeTextFile(`${folder}/${name}`, script, { mode: 0o755 });
  }
  const env = { PATH: `${folder}:${Deno.env.get("PATH")}` };
  const { code, stderr } = await run(argv, { env });
  assertEquals(code, 0, stderr);
  const lines = await Deno.readTextFile(log);
  await Deno.remove(folder, { recursive: true });
  return lines;
}

Deno.test("vms-passwords rotate and set take hold at once in a VM that runs", async () => {
  const first = await vms("passwords", VM);
  const lines = await programsOf(["vms-passwords", "rotate", VM]);
  const second = await vms("passwords", VM);
  assertMatch(second, SHOWN);
  assertNotEquals(second, first);
  await isIn(second);
  // Whoever looks at processes sees neither.
  assertMatch(lines, /openssl passwd/);
  for (const secret of [second.trim(), "$6$"]) {
    assertEquals(lines.includes(secret), false, lines);
  }
  const chosen = 'ein Wort & "noch" $eins';
  const options = { stdin: `${chosen}\nmore\n` };
  const set = await run(["vms-passwords", "set", VM], options);
  assertEquals([set.code, set.stdout], [0, `${VM}\n`], set.stderr);
  assertEquals(await vms("passwords", VM), `${chosen}\n`);
  assertEquals(await login("root", chosen), true);
});

Deno.test("passwords are in the keyring where settings say so, and in no file", async () => {
  await using _session = await keyring();
  const name = "pw-ring";
  const kept = passwordStore(start, { keyring: true });
  await withSettings("[passwords]\nkeyring = true\n", async () => {
    await vms("clone", "minimal", name);
    const first = await vms("passwords", name);
    assertMatch(first, SHOWN);
    assertEquals(await kept.read(name), first.trim());
    assertEquals(await vms("passwords", "rotate", name), `${name}\n`);
    assertNotEquals(await vms("passwords", name), first);
    await vms("destroy", name);
  });
  assertEquals(await kept.read(name), undefined);
  const files = `${Deno.env.get("HOME")}/.local/state/vms/passwords`;
  assertEquals([...Deno.readDirSync(files)].map((one) => one.name), [VM]);
});

Deno.test("vms-passwords refuses what it cannot do", async () => {
  await virsh("suspend", VM);
  await fails(4, "it is paused", "passwords", "rotate", VM);
  await virsh("resume", VM);
  await fails(3, "no VM has that name", "passwords", "pw-none");
  const short = await run(["vms-passwords", "set", VM], { stdin: "x\n" });
  assertEquals(short.code, 2);
  assertMatch(
    short.stderr,
    /cannot use the password: it has less than 8 bytes/,
  );
  const none = await run(["vms-passwords", "set", VM], { stdin: "" });
  assertEquals(none.code, 2, none.stderr);
  const alice = [`${SOURCE}/tests/lab/enter`, "--user", "alice"];
  const hers = await run([...alice, "vms-passwords", VM]);
  assertEquals(hers.code, 3, hers.stderr);
  assertMatch(hers.stderr, /you have none of it/);
});

Deno.test("a VM that was rebuilt has its password still, and vms-destroy forgets it", async () => {
  const before = await vms("passwords", VM);
  await vms("stop", VM);
  // While it is off too; it is told when it starts.
  assertEquals(await vms("passwords", "rotate", VM), `${VM}\n`);
  const password = await vms("passwords", VM);
  assertNotEquals(password, before);
  await vms("rebuild", VM);
  await vms("start", "--wait", VM);
  assertEquals(await vms("passwords", VM), password);
  // The agent answers before all has started.
  await eventually(() => isIn(password), 180);
  await vms("stop", "--force", "--timeout", "0", VM);
  await vms("destroy", VM);
  assertEquals((await volumes()).filter((one) => one.startsWith(VM)), []);
  const path = `${Deno.env.get("HOME")}/.local/state/vms/passwords/${VM}`;
  assertEquals(await Deno.stat(path).catch(() => "gone"), "gone");
});
