/** ./dev in a checkout of its own, on a host whose programs are told. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/posix/join";

const DEV = new URL("../dev", import.meta.url).pathname;

/** Programs of the host that ./dev really runs. */
const REAL = [
  ...["sh", "env", "dirname", "mkdir", "sed", "cksum", "cut", "rm"],
  ...["basename", "cp", "install", "ln", "mv"],
  // To fetch Deno by.
  ...["cat", "chmod", "gzip", "mktemp", "sha512sum", "tar", "uname"],
];

interface Host {
  /** Whether an Arch mirror answers. */
  mirror?: boolean;
  user?: "root" | "member" | "stranger";
  /** What vms-doctor --repair ends with. */
  doctor?: number;
  arch?: boolean;
  neither?: boolean;
  /** Commands of the compiled toolkit, where it was built. */
  built?: string[];
  /** Looks at what ./dev leaves, below DESTDIR. */
  look?: (root: string) => Promise<void>;
  /** What npm does, where Deno was not fetched before. */
  npm?: string;
}

interface Outcome {
  code: number;
  /** Programs that were started, in their order. */
  calls: string[];
  said: string;
  /** What lies in the cache of vms. */
  cached: string[];
}

/** Each writes its line down; some do or say something as well. */
function programs(host: Host, calls: string) {
  const { mirror, user = "member", arch, neither } = host;
  const note = (name: string, then = "") =>
    `#!/bin/sh\necho "${name} $*" >>'${calls}'\n${then}\n`;
  const id = { root: "0", member: "1000", stranger: "1000" }[user];
  const groups = user === "stranger" ? "users" : "users libvirt";
  const deno = `case $1 in eval) exit ${mirror ? 0 : 1} ;; esac`;
  const all: Record<string, string> = {
    id: `#!/bin/sh\ncase $1 in -u) echo ${id} ;; *) echo ${groups} ;; esac\n`,
    sudo: note("sudo", 'exec "$@"'),
    sg: note("sg", 'exec sh -c "$3"'),
    deno: note("deno", deno),
  };
  if (host.npm !== undefined) all["npm"] = note("npm", host.npm);
  if (neither) return all;
  if (arch) {
    all["pacman"] = '#!/bin/sh\n[ "$1" = -T ] || echo "$2"\n';
    return all;
  }
  // Everything is installed but the keyring.
  all["dpkg-query"] = "#!/bin/sh\nshift 3\nfor one; do\n" +
    '[ "$one" = archlinux-keyring ] || printf "installed:%s " "$one"\ndone\n';
  all["apt-get"] = note("apt-get");
  return all;
}

async function program(path: string, text: string) {
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, text, { mode: 0o755 });
}

async function namesIn(path: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(path)).catch(() => []);
  return entries.map(({ name }) => name).sort();
}

async function dev(host: Host, ...words: string[]): Promise<Outcome> {
  const at = await Deno.makeTempDir({ prefix: "dev " });
  try {
    const calls = join(at, "calls");
    const note = (name: string) =>
      `#!/bin/sh\necho "${name} $*" >>'${calls}'\n`;
    await Deno.writeTextFile(calls, "");
    const place = (...path: string[]) => join(at, "checkout", ...path);
    await program(place("dev"), await Deno.readTextFile(DEV));
    await program(
      place("bin/vms-doctor"),
      `${note("vms-doctor")}echo "at $LIBVIRT_DEFAULT_URI" >>'${calls}'\n` +
        `exit ${host.doctor ?? 0}\n`,
    );
    for (const name of ["demo", "lab"]) {
      await program(place("tests/lab", name), note(name));
    }
    await program(place("tests/run"), note("run"));
    for (const name of ["arch", "debian"]) {
      await Deno.writeTextFile(place("tests/lab", `packages.${name}`), "acl\n");
    }
    for (const name of ["deno.json", "deno.lock"]) {
      await Deno.writeTextFile(place(name), "{}");
    }
    for (const name of host.built ?? []) {
      await program(place("dist", name), "");
    }
    await Deno.symlink(join(DEV, "../share"), place("share"));
    const all = programs(host, calls);
    for (const [name, text] of Object.entries(all)) {
      await program(join(at, "bin", name), text);
    }
    const own = join(at, "cache/vms/deno-2.9.4/deno");
    if (host.npm === undefined) await program(own, all["deno"]!);
    for (const name of REAL) {
      const { stdout } = await new Deno.Command("which", { args: [name] })
        .output();
      const real = new TextDecoder().decode(stdout).trim();
      await Deno.symlink(real, join(at, "bin", name));
    }
    const { code, stdout, stderr } = await new Deno.Command(place("dev"), {
      args: words,
      clearEnv: true,
      env: {
        PATH: join(at, "bin"),
        HOME: join(at, "home"),
        XDG_CACHE_HOME: join(at, "cache"),
        DESTDIR: join(at, "root"),
      },
    }).output();
    await host.look?.(join(at, "root"));
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return {
      code,
      calls: (await Deno.readTextFile(calls)).replaceAll(at, "AT").split("\n")
        .filter((line) => line && !line.startsWith("deno install"))
        // Who they are for is what counts, not all that they are given.
        .map((line) => line.replace(/env PATH=.*(?=AT\/checkout)/, "env ... ")),
      said: text(stdout) + text(stderr),
      cached: await namesIn(join(at, "cache/vms")),
    };
  } finally {
    await Deno.remove(at, { recursive: true });
  }
}

const INSTALLED = [
  "sudo apt-get update -q",
  "apt-get update -q",
  "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends archlinux-keyring",
  "apt-get install -q -y --no-install-recommends archlinux-keyring",
];

const PREPARED = [
  "sudo env ... AT/checkout/bin/vms-doctor --repair",
  "vms-doctor --repair",
  "at qemu:///system",
];

const ASKED = "deno eval --quiet const answer = await fetch(";

Deno.test("./dev demo sets up the host where an Arch mirror answers, as root", async () => {
  const { code, calls, said } = await dev({ mirror: true }, "demo");
  assertEquals(code, 0, said);
  assertStringIncludes(said, "this is real Arch Linux, on this host's libvirt");
  assertStringIncludes(calls[0]!, ASKED);
  const own = calls.filter((line) => !/^(deno|\s|\s*Deno|\s*await)/.test(line));
  assertEquals(own, [...INSTALLED, ...PREPARED, "demo "]);
});

Deno.test("./dev demo runs in the group that the user has just come into", async () => {
  const host = { mirror: true, user: "stranger" } as const;
  const { code, calls, said } = await dev(host, "demo");
  assertEquals(code, 0, said);
  assertEquals(calls.slice(-2), [
    'sg libvirt -c exec "$VMS_PROGRAM"',
    "demo ",
  ]);
});

Deno.test("./dev demo goes no further on a host that cannot be set up", async () => {
  const { code, calls, said } = await dev({ mirror: true, doctor: 6 }, "demo");
  assertEquals(code, 6);
  assertStringIncludes(said, "this host cannot be set up for VMs");
  assertEquals(calls.includes("demo "), false);
  // What the first one installs is run by the second.
  assertEquals(
    calls.filter((line) => line === "vms-doctor --repair").length,
    2,
  );
});

Deno.test("./dev demo goes to the lab where no mirror answers, and sets up nothing", async () => {
  const { code, calls, said } = await dev({ user: "root" }, "demo");
  assertEquals(code, 0, said);
  assertStringIncludes(said, "No Arch mirror can be reached");
  assertEquals(calls.at(-1), "lab tests/lab/demo");
  assertEquals(calls.some((line) => /doctor|apt-get/.test(line)), false);
});

Deno.test("./dev says what the lab needs, where the host is Arch", async () => {
  const host = { arch: true, user: "root" } as const;
  for (const words of [["test"], ["test", "e2e"], ["lab"], ["bench"]]) {
    const { code, calls, said } = await dev(host, ...words);
    assertEquals([code, calls], [6, []], words.join(" "));
    assertStringIncludes(said, "the lab needs Debian 12");
  }
  const demo = await dev(host, "demo");
  assertEquals(demo.code, 6);
  assertStringIncludes(demo.said, "the lab needs Debian 12");
});

Deno.test("./dev says so on a host that is neither Arch nor Debian", async () => {
  const { code, said } = await dev({ neither: true }, "check");
  assertEquals(code, 6);
  assertStringIncludes(said, "neither pacman nor apt");
});

Deno.test("./dev install puts one executable under all names, with pages and completions", async () => {
  const bin = join(DEV, "../bin");
  const commands = Array.from(Deno.readDirSync(bin), ({ name }) => name)
    .filter((name) => /^vms-[a-z]+$/.test(name));
  const built = ["vms", ...commands];
  const look = async (root: string) => {
    const prefix = join(root, "usr/local");
    const found = Array.from(Deno.readDirSync(`${prefix}/bin`));
    assertEquals(found.map(({ name }) => name).sort(), built.toSorted());
    const inodes = built.map((name) =>
      Deno.lstatSync(`${prefix}/bin/${name}`).ino
    );
    assertEquals(new Set(inodes).size, 1);
    for (
      const path of [
        ...commands.flatMap((name) => [
          `share/man/man1/${name}.1`,
          `share/bash-completion/completions/${name}`,
          `share/zsh/site-functions/_${name}`,
          `share/fish/vendor_completions.d/${name}.fish`,
        ]),
        "lib/tmpfiles.d/vms.conf",
        "lib/vms/vms-virtiofsd-ro",
      ]
    ) assertEquals((await Deno.stat(join(prefix, path))).isFile, true, path);
  };
  const { code, calls, said } = await dev(
    { built, look },
    "install",
    "/usr/local/",
  );
  assertEquals(code, 0, said);
  assertStringIncludes(calls.at(-1)!, "tests/build.ts");
  assertStringIncludes(said, "/root/usr/local\n");
});

/** An archive such as npm delivers, but not the one that was pinned. */
const OTHER_ARCHIVE =
  "mkdir package && echo evil >package/deno && tar -czf deno-linux.tgz package && rm -r package";

for (
  const [what, npm, says] of [
    ["is another one", OTHER_ARCHIVE, "is not the one that was pinned"],
    ["cannot be had", "echo no network >&2; exit 1", "npm did not deliver"],
  ] as const
) {
  Deno.test(`./dev runs nothing of a Deno that ${what}, and leaves nothing of it`, async () => {
    const { code, calls, said, cached } = await dev({ npm }, "build");
    assertEquals(code, 1, said);
    assertStringIncludes(said, says);
    assertEquals(cached, []);
    const [asked, ...others] = calls;
    assertMatch(
      asked!,
      /^npm pack --silent --ignore-scripts .* @deno\/linux-x64-glibc@[\d.]+$/,
    );
    assertEquals(others, []);
  });
}
