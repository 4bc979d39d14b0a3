import { assertEquals } from "@std/assert";
import { SAMPLE, SAMPLES } from "../../tests/sample.ts";
import { realRun } from "../process/run.ts";
import { manPage } from "./man.ts";
import { overviewPage } from "./overview.ts";
import { escapeRoff } from "./roff.ts";

const run = realRun({ trace: false, dryRun: false, log: () => {} });

/** The page as groff sets it, without bold and underline; no warnings. */
async function set(stdin: string): Promise<string> {
  const argv = ["groff", "-man", "-ww", "-Tutf8", "-P-c"];
  const { stdout, stderr } = await run(argv, { stdin });
  assertEquals(stderr, "");
  // deno-lint-ignore no-control-regex
  return stdout.replace(/.\x08/g, "");
}

function lines(page: string): string[] {
  return page.split("\n").map((line) => line.trim().replace(/ +/g, " "));
}

Deno.test("manPage() of one action has its operands and options", async () => {
  const page = lines(await set(manPage(SAMPLE, "1.2.3")));
  for (
    const line of [
      "vms-sample - make samples from a source",
      "vms-sample [OPTION]... SOURCE NAME... [-- CMD...]",
      'NAME sample to make; "-" reads names from standard input',
      "-m, --memory=SIZE",
      "state to wait for: running, shut-off (default running)",
      "directory it is given (may be given several times)",
      "don't ask; read FILE",
      "-n, --dry-run",
      "3 no such thing: SOURCE does not exist",
      "6 the host lacks something",
      "$ vms-sample gui web",
      "Runs: virsh.",
      "Writes to: /srv/sample, beside locks in /run/vms.",
      "Network: none of its own.",
    ]
  ) assertEquals(page.filter((one) => one === line), [line]);
});

Deno.test("manPage() of verbs has one part for each", async () => {
  const page = lines(await set(manPage(SAMPLES, "1.2.3")));
  for (
    const line of [
      "vms-samples list [OPTION]...",
      "vms-samples attach [OPTION]... DEVICE [VM]",
      "give a device to a VM.",
      "DEVICE the device",
      "--to=NAME",
      ".Second begins with a dot and has \\ in it.",
    ]
  ) assertEquals(page.filter((one) => one === line), [line]);
});

Deno.test("overviewPage() names commands, exit codes, files, settings", async () => {
  const page = lines(await set(overviewPage([SAMPLE, SAMPLES], "1.2.3")));
  for (
    const line of [
      "vms-samples(1)",
      "keep samples",
      "5 timed out",
      "~/.config/vms/vms.toml",
      "[libvirt]",
      "memory memory of a new VM (default 2.0 GiB)",
      "LIBVIRT_DEFAULT_URI",
    ]
  ) assertEquals(page.filter((one) => one === line), [line]);
});

Deno.test("escapeRoff() leaves nothing that roff obeys", async () => {
  const text = [".TH x", "'br", "a\\fBb", "--x", "~^`", '"q"'];
  const page = await set(`.TH x 1\n.nf\n${escapeRoff(text.join("\n"))}\n`);
  assertEquals(lines(page).filter(Boolean).slice(1, -1), text);
});
