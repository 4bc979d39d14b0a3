import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { type GuestProgram, mountShare, unmountShare } from "./mount.ts";

/** Answers in turn, and keeps what it was asked. */
function guest(answers: [code: number, stderr?: string][]) {
  const asked: string[] = [];
  const run: GuestProgram = (argv) => {
    asked.push(argv.join(" "));
    const [code, stderr = ""] = answers.shift() ?? [0];
    const bytes = new TextEncoder().encode(stderr);
    return Promise.resolve({ code, stdout: new Uint8Array(), stderr: bytes });
  };
  return { run, asked };
}

Deno.test("mountShare() waits until the guest sees the device", async () => {
  const { run, asked } = guest([[0], [32, "tag not found"], [0]]);
  await mountShare(run, { vm: "web", path: "/mnt/a", rw: false });
  const mount =
    "/usr/bin/mount -t virtiofs -o ro,nosuid,nodev -- /mnt/a /mnt/a";
  assertEquals(asked, ["/usr/bin/mkdir -p -- /mnt/a", mount, mount]);
});

Deno.test("mountShare() gives up with what the guest said, made harmless", async () => {
  const { run } = guest([[0], [32, "mount: \x1b[31mno\nmore"]]);
  const error = await assertRejects(
    () => mountShare(run, { vm: "web", path: "/mnt/a", rw: true }, -1),
    Failure,
  );
  assertEquals(error.message, 'cannot mount /mnt/a in "web": mount: ?[31mno');
});

Deno.test("unmountShare() leaves alone what is not mounted", async () => {
  const { run, asked } = guest([[1]]);
  await unmountShare(run, { vm: "web", path: "/mnt/a" });
  assertEquals(asked, ["/usr/bin/mountpoint -q -- /mnt/a"]);
});

Deno.test("unmountShare() says that something uses it", async () => {
  const { run } = guest([[0], [32, "umount: /mnt/a: target is busy.\n"]]);
  const error = await assertRejects(
    () => unmountShare(run, { vm: "web", path: "/mnt/a" }),
    Failure,
  );
  assertEquals(error.exit, "conflict");
  assertEquals(error.why, "umount: /mnt/a: target is busy.");
  assertEquals(error.hint, "vms-share remove --force web /mnt/a");
});
