/** bin/vms in a checkout of its own, called in all the ways people call it. */

import { assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url).pathname;

const COMMAND = `
import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";

const state = (query: Deno.PermissionDescriptor) =>
  Deno.permissions.querySync(query).state;

export const SAMPLE = command({
  name: "vms-NAME",
  summary: "print what NAME may do",
  needs: { run: ["cat"] },
  examples: [],
  operands: [{ name: "WORD", help: "printed", many: true, optional: true }],
  run({ operands }, _, { out }) {
    out.name(JSON.stringify(operands));
    out.name(state({ name: "run", command: "cat" }));
    out.name(state({ name: "run", command: "ls" }));
    return Promise.resolve();
  },
});

if (import.meta.main) await main(SAMPLE);
`;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

interface Checkout {
  folder: string;
  /** Run a shell line in a folder elsewhere. */
  sh(line: string, env?: Record<string, string>): Promise<Ended>;
}

async function sh(
  cwd: string,
  line: string,
  env: Record<string, string> = {},
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", line],
    cwd,
    env: { VMS_DENO: Deno.execPath(), RUST_BACKTRACE: "0", ...env },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

async function withCheckout(work: (checkout: Checkout) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "check out" });
  const place = await sh(
    ROOT,
    'cp -r lib share deno.json deno.lock "$0"/ ; mkdir "$0"/bin "$0"/else; cp bin/vms bin/vms.ts "$0"/bin'
      .replaceAll('"$0"', `'${folder}'`),
  );
  assertEquals(place.code, 0, place.stderr);
  try {
    for (const name of ["clone", "list"]) {
      await Deno.writeTextFile(
        `${folder}/bin/vms-${name}.ts`,
        COMMAND.replaceAll("NAME", name),
      );
    }
    const made = await sh(
      folder,
      'exec "$VMS_DENO" run -q --no-lock -A share/generate.ts',
    );
    assertEquals(made.stderr, "");
    await work({
      folder,
      sh: (line, env) =>
        sh(`${folder}/else`, line, {
          PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
          ...env,
        }),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const DONE = '["a b"]\ngranted\nprompt\n';

Deno.test("bin/vms runs the command it is called by", async (t) => {
  await withCheckout(async ({ folder, sh }) => {
    await Deno.symlink(`${folder}/bin/vms-clone`, `${folder}/else/mine`);
    await Deno.symlink("../bin", `${folder}/else/bin`);
    for (
      const [how, line] of [
        ["by a link", "../bin/vms-clone"],
        ["by PATH", "vms-clone"],
        ["by its first word", "vms clone"],
        ["by a link to the link elsewhere", "./mine"],
        ["by a folder that is a link", "bin/vms-clone"],
        ["by a shell", "cd bin; sh vms-clone"],
        ["by no link at all", "sh ../bin/vms clone"],
      ]
    ) {
      await t.step(how!, async () => {
        const ended = await sh(`${line} 'a b'`);
        assertEquals(ended, { code: 0, stdout: DONE, stderr: "" });
      });
    }
    await t.step("and hands -- and options through", async () => {
      const { stderr } = await sh("vms clone --bogus -- --help");
      assertEquals(stderr.split("\n")[0]!.endsWith("no option --bogus"), true);
    });
  });
});

Deno.test("bin/vms lists the commands", async () => {
  await withCheckout(async ({ sh }) => {
    for (const line of ["vms", "vms --help", "vms -h"]) {
      const { code, stdout, stderr } = await sh(line);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(stdout.split("\n").slice(0, 4), [
        "usage: vms COMMAND [WORD]...",
        "",
        "  clone        print what clone may do",
        "  list         print what list may do",
      ]);
    }
  });
});

Deno.test("bin/vms refuses what is no command", async () => {
  await withCheckout(async ({ sh }) => {
    for (
      const [line, why, hint] of [
        ["vms clonr", 'command "clonr"', "vms clone --help"],
        ["vms ../bin/x", 'command "../bin/x"', "vms --help"],
        ["vms ''", 'command ""', "vms --help"],
        ["vms --bogus", 'option "--bogus"', "vms --help"],
      ]
    ) {
      assertEquals(await sh(line!), {
        code: 2,
        stdout: "",
        stderr: "vms: cannot understand the command line: " +
          `vms has no ${why}\nvms: try: ${hint}\n`,
      });
    }
  });
});

Deno.test("bin/vms finds deno, or says how to get it", async () => {
  await withCheckout(async ({ folder, sh }) => {
    const cache = `${folder}/cache`;
    const env = { PATH: "/usr/bin:/bin", VMS_DENO: "", XDG_CACHE_HOME: cache };
    assertEquals(await sh("../bin/vms-clone", env), {
      code: 6,
      stdout: "",
      stderr: "vms-clone: cannot start: there is no deno on PATH\n" +
        `vms-clone: try: ${folder}/dev check\n`,
    });
    await Deno.mkdir(`${cache}/vms/deno-2.9.4`, { recursive: true });
    await Deno.symlink(Deno.execPath(), `${cache}/vms/deno-2.9.4/deno`);
    const modules = Deno.env.get("DENO_DIR");
    const { code, stderr } = await sh(
      "../bin/vms-clone 'a b'",
      modules ? { ...env, DENO_DIR: modules } : env,
    );
    assertEquals([code, stderr], [0, ""]);
  });
});
