import { assertEquals } from "@std/assert";
import { MEANT, SAMPLE, SAMPLES } from "../../tests/sample.ts";
import { help } from "./help.ts";

Deno.test("help() of a command with one action", () => {
  assertEquals(help(SAMPLE).split("\n"), [
    "usage: vms-sample [OPTION]... SOURCE NAME... [-- CMD...]",
    "",
    "make samples from a source.",
    "",
    "  SOURCE                     what it is made from",
    "  NAME                       sample to make",
    "  -m, --memory=SIZE          its memory",
    "      --state=STATE          state to wait for (default running)",
    "      --share=DIRECTORY      directory it is given",
    "      --recipe=FILE          don't ask; read FILE",
    "  -s, --start                start it: at once [now]",
    "",
    "in every command:",
    "      --json                 print JSON instead of names and tables",
    "  -n, --dry-run              show what would change, change nothing",
    "  -x, --trace                print every program that is run",
    "  -h, --help                 print this help",
    "      --version              print the version",
    "",
    "examples:",
    "  $ vms-sample gui web                           # one sample",
  ]);
});

Deno.test("help() of a command with verbs", () => {
  assertEquals(help(SAMPLES).split("\n").slice(0, 14), [
    "usage: vms-samples list [OPTION]...",
    "       vms-samples attach [OPTION]... DEVICE [VM]",
    "",
    "keep samples.",
    "",
    "list: print the samples",
    "  -a, --all                  also the old ones",
    "",
    "attach: give a device to a VM",
    "  DEVICE                     the device",
    "  VM                         the VM",
    "      --to=NAME              the template",
    "",
    "in every command:",
  ]);
});

Deno.test("help() shows which verb may be left out", () => {
  assertEquals(help(MEANT).split("\n").slice(0, 2), [
    "usage: vms-meant list [OPTION]...",
    "       vms-meant [attach] [OPTION]... DEVICE [VM]",
  ]);
});
