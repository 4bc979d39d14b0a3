/** What share/virtiofs makes around virtiofsd; a shell stands in its place. */

import { assertEquals } from "@std/assert";

const SCRIPT = new URL(
  "../../share/virtiofs/vms-virtiofsd-ro",
  import.meta.url,
);

/** Owner of the folder; nobody in particular. */
const OWNER = 4321;

/** What the daemon could do for a guest that rules it. */
const STAND_IN = `#!/bin/sh
echo "$*"
cat /mnt/secret
cd /mnt
{
  echo x >new && chown 1000:1000 new
  touch root && chmod 4755 root
  mknod device c 1 3
  chmod 666 secret
  mount -o remount,rw /mnt
  umount /mnt
  cat /etc/shadow
} >/dev/null 2>&1
true
`;

interface Seen {
  said: string;
  code: number;
  /** Owner and permissions by name. */
  files: Record<string, [uid: number, mode: number]>;
}

async function serve(name: string, words: string[]): Promise<Seen> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  await Deno.chmod(folder, 0o755);
  try {
    const shared = `${folder}/shared`;
    await Deno.mkdir(shared, { mode: 0o700 });
    await Deno.writeTextFile(`${shared}/secret`, "kept\n", { mode: 0o600 });
    for (const path of [shared, `${shared}/secret`]) {
      await Deno.chown(path, OWNER, OWNER);
    }
    await Deno.writeTextFile(`${folder}/daemon`, STAND_IN, { mode: 0o755 });
    const script = await Deno.readTextFile(SCRIPT);
    const daemon = script.replace(
      /for path in [^;]*;/,
      `for path in ${folder}/daemon;`,
    );
    await Deno.writeTextFile(`${folder}/${name}`, daemon, { mode: 0o755 });
    const { code, stdout } = await new Deno.Command(`${folder}/${name}`, {
      args: words.map((word) => word.replace("FOLDER", shared)),
      stderr: "null",
    }).output();
    const files = [...Deno.readDirSync(shared)].map((entry) => {
      const { uid, mode } = Deno.statSync(`${shared}/${entry.name}`);
      return [entry.name, [uid!, mode! & 0o7777]] as const;
    });
    const said = new TextDecoder().decode(stdout);
    return { said, code, files: Object.fromEntries(files) as Seen["files"] };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const OLD = ["--fd=7", "-o", "source=FOLDER,sandbox=chroot"];
const NEW = ["--fd=7", "--shared-dir", "FOLDER", "--sandbox", "chroot"];
const SERVED = "--fd=7 --shared-dir=/mnt --sandbox=chroot --rlimit-nofile=0\n";

for (const words of [OLD, NEW]) {
  Deno.test(`vms-virtiofsd-ro cannot write, as libvirt says ${words[1]}`, async () => {
    assertEquals(await serve("vms-virtiofsd-ro", words), {
      said: `${SERVED}kept\n`,
      code: 0,
      files: { secret: [OWNER, 0o600] },
    });
  });
}

Deno.test("vms-virtiofsd-rw writes as the owner or as nobody, never as root", async () => {
  const { said, files } = await serve("vms-virtiofsd-rw", OLD);
  assertEquals(said, `${SERVED}kept\n`);
  assertEquals(files, {
    new: [OWNER, 0o644],
    root: [65534, 0o4755],
    secret: [OWNER, 0o666],
  });
});

Deno.test("vms-virtiofsd-ro serves nothing else than what is named", async () => {
  for (
    const words of [
      [],
      ["--fd=7"],
      ["--fd=x", "-o", "source=FOLDER"],
      ["--fd=7", "-o", "source=FOLDER,,more"],
      ["--fd=7", "-o", "source=FOLDER/../shared"],
      ["--fd=7", "-o", "source=FOLDER/none"],
    ]
  ) {
    const { said, code } = await serve("vms-virtiofsd-ro", words);
    assertEquals([said, code], ["", 1], words.join(" "));
  }
});
