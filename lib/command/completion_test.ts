/** Sources what is generated into real shells and asks them to complete. */

import { assertEquals } from "@std/assert";
import { MEANT, SAMPLE, SAMPLES } from "../../tests/sample.ts";
import { realRun } from "../process/run.ts";
import { bashCompletion, bashToolkit } from "./completion_bash.ts";
import { fishCompletion, fishToolkit } from "./completion_fish.ts";
import { zshCompletion, zshToolkit } from "./completion_zsh.ts";

const run = realRun({ trace: false, dryRun: false, log: () => {} });

/** Programs that print names as the real ones do, and some that are traps. */
const PROGRAMS: Record<string, string> = {
  "vms-list": `printf '%s\\n' web work-client1 '$(touch trap)' 'a b'`,
  "vms-template": `[ "$1" = list ] && printf '%s\\n' gui minimal@3 minimal@4`,
  "vms-usb": `[ "$1" = list ] && printf '%s\\n' 2-1.4 046d:c52b`,
};

const FILES: [path: string, text: string][] = [
  ["bash/vms", bashToolkit(["vms-sample", "vms-samples"])],
  ["zsh/_vms", zshToolkit([SAMPLE, SAMPLES])],
  ["fish/vms.fish", fishToolkit([SAMPLE, SAMPLES])],
  ...[SAMPLE, SAMPLES, MEANT].flatMap((one): [string, string][] => [
    [`bash/${one.name}`, bashCompletion(one)],
    [`zsh/_${one.name}`, zshCompletion(one)],
    [`fish/${one.name}.fish`, fishCompletion(one)],
  ]),
];

/** What bash would replace readline's last word by, and what all shells offer. */
interface Case {
  line: string;
  /** Sorted. */
  offers: string[];
  /** Where bash differs: readline has words of its own at = : and @. */
  bash?: string[];
}

const NAMES = ["web", "work-client1"];
const SOURCES = ["gui", "minimal@3", "minimal@4", ...NAMES];

const CASES: Case[] = [
  { line: "vms-sample ", offers: SOURCES },
  { line: "vms-sample w", offers: NAMES },
  {
    line: "vms-sample minimal@",
    offers: ["minimal@3", "minimal@4"],
    bash: ["3", "4"],
  },
  { line: "vms-sample gui we", offers: ["web"] },
  { line: "vms-sample gui a b we", offers: ["web"] },
  { line: "vms-sample -s gui we", offers: ["web"] },
  { line: "vms-sample --state ", offers: ["running", "shut-off"] },
  {
    line: "vms-sample --state=s",
    offers: ["--state=shut-off"],
    bash: ["shut-off"],
  },
  { line: "vms-sample --mem", offers: ["--memory="] },
  { line: "vms-sample gui --dry", offers: ["--dry-run"] },
  { line: "vms-sample --memory ", offers: [] },
  { line: "vms-sample --recipe fil", offers: ["file.toml"] },
  {
    line: "vms-sample --recipe=fil",
    offers: ["--recipe=file.toml"],
    bash: ["file.toml"],
  },
  { line: "vms-sample --share fol", offers: ["folder"] },
  { line: "vms-samples ", offers: ["attach", "list"] },
  { line: "vms-samples at", offers: ["attach"] },
  { line: "vms-samples list --a", offers: ["--all"] },
  { line: "vms-samples attach --a", offers: [] },
  { line: "vms-samples attach 2", offers: ["2-1.4"] },
  { line: "vms-samples attach 2-1.4 wo", offers: ["work-client1"] },
  { line: "vms-samples attach --to mini", offers: ["minimal@3", "minimal@4"] },
  { line: "vms-meant ", offers: ["046d:c52b", "2-1.4", "attach", "list"] },
  { line: "vms-meant at", offers: ["attach"] },
  { line: "vms-meant 2", offers: ["2-1.4"] },
  { line: "vms-meant attach 2", offers: ["2-1.4"] },
  { line: "vms samp", offers: ["sample", "samples"] },
  { line: "vms samples att", offers: ["attach"] },
  { line: "vms sample gui we", offers: ["web"] },
];

/** A folder with the generated files, the programs, a file and a folder. */
async function withShells(
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["bash", "zsh", "fish", "bin", "folder"]) {
      await Deno.mkdir(`${folder}/${name}`);
    }
    for (const [path, text] of FILES) {
      await Deno.writeTextFile(`${folder}/${path}`, text);
    }
    for (const [name, script] of Object.entries(PROGRAMS)) {
      await Deno.writeTextFile(
        `${folder}/bin/${name}`,
        `#!/bin/sh\n${script}\n`,
        { mode: 0o755 },
      );
    }
    await Deno.writeTextFile(`${folder}/file.toml`, "");
    await work(folder);
    const trap = await Deno.stat(`${folder}/trap`).catch(() => undefined);
    assertEquals(trap, undefined, "a name was run as a command");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function there(shell: string): Promise<boolean> {
  return (await run(["sh", "-c", `command -v ${shell}`], { ok: [0, 1, 127] }))
    .code === 0;
}

function env(folder: string): Record<string, string> {
  const path = Deno.env.get("PATH");
  return { PATH: `${folder}/bin:${path}`, HOME: folder, TERM: "xterm" };
}

function sorted(text: string): string[] {
  return text.split("\n").map((line) => line.replace(/[/ ]$/, ""))
    .filter(Boolean).sort();
}

Deno.test("bash completes what is declared", async (t) => {
  await withShells(async (folder) => {
    const script = `cd "$1"; COMP_LINE=$2 COMP_POINT=\${#2}
name=\${2%% *}; . "bash/$name"; "_\${name//-/_}"; printf '%s\\n' "\${COMPREPLY[@]}"`;
    for (const { line, offers, bash } of CASES) {
      await t.step(JSON.stringify(line), async () => {
        const argv = ["bash", "--norc", "-c", script, "bash", folder, line];
        const { stdout, stderr } = await run(argv, { env: env(folder) });
        assertEquals(stderr, "");
        assertEquals(sorted(stdout), bash ?? offers);
      });
    }
  });
});

Deno.test("shellcheck finds nothing in what bash is given", async () => {
  await withShells(async (folder) => {
    const files = FILES.filter(([path]) => path.startsWith("bash/"));
    await run(["shellcheck", ...files.map(([path]) => `${folder}/${path}`)]);
  });
});

Deno.test({
  name: "fish completes what is declared",
  ignore: !await there("fish"),
  async fn(t) {
    await withShells(async (folder) => {
      const script = `cd $argv[1]; for file in fish/*.fish; source $file; end
complete -C $argv[2] | string replace -r '\\t.*' ''; true`;
      for (const { line, offers } of CASES) {
        await t.step(JSON.stringify(line), async () => {
          const argv = ["fish", "--no-config", "-c", script, folder, line];
          const { stdout } = await run(argv, { env: env(folder) });
          const known = sorted(stdout).filter((word) => !isTrap(word));
          assertEquals(known, offers.map(withoutSign));
        });
      }
      await run(["fish", "--no-execute", ...paths(folder, "fish")]);
    });
  },
});

Deno.test({
  name: "zsh completes what is declared",
  ignore: !await there("zsh"),
  async fn(t) {
    const driver = new URL("../../tests/complete.zsh", import.meta.url);
    await withShells(async (folder) => {
      for (const { line, offers } of CASES) {
        await t.step(JSON.stringify(line), async () => {
          const argv = ["zsh", "-f", driver.pathname, folder, line];
          const { stdout } = await run(argv, { env: env(folder) });
          const known = sorted(stdout).filter((word) => !isTrap(word));
          assertEquals(known, offers.map(withoutSign));
        });
      }
      for (const path of paths(folder, "zsh")) await run(["zsh", "-n", path]);
    });
  },
});

function paths(folder: string, shell: string): string[] {
  return FILES.filter(([path]) => path.startsWith(`${shell}/`))
    .map(([path]) => `${folder}/${path}`);
}

/** Names that are shown but stay words: both shells quote what they insert. */
function isTrap(word: string): boolean {
  return ["a b", "$(touch trap)"].includes(word.replaceAll("\\", ""));
}

/** Neither shell shows the = behind an option, and zsh inserts it later. */
function withoutSign(word: string): string {
  return word.replace(/=$/, "");
}
