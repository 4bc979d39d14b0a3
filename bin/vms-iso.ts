import { availableReleases, keptIsos, newestIso } from "../iso/kept.ts";
import { fetchIso } from "../iso/fetch.ts";
import { checkVersion } from "../iso/release.ts";
import { verifyIso } from "../iso/verify.ts";
import { commandWithVerbs, verb } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { loadConfig } from "../lib/config/config.ts";
import { humanSize } from "../lib/names/values.ts";

const fetch = verb({
  summary: "fetch an ISO, the latest without VERSION, and verify it",
  operands: [{
    name: "VERSION",
    help: "such as 2026.03.01",
    optional: true,
    check: checkVersion,
  }],
  async run({ operands: [version] }, _options, context) {
    const { iso } = await loadConfig();
    const fetched = await fetchIso(iso, context, { version });
    context.progress.done();
    if (fetched.size === 0) return;
    context.out.object(fetched, () => [fetched.path]);
  },
});

const verify = verb({
  summary: "verify an ISO, the newest without FILE, by its signature",
  operands: [{
    name: "FILE",
    help: "ISO with FILE.sig beside it",
    optional: true,
    complete: "file",
  }],
  async run({ operands: [file] }, _options, context) {
    const { iso } = await loadConfig();
    const kept = (await keptIsos(iso)).find((one) => one.state !== "partial");
    const path = file ?? kept?.path ?? (await newestIso(iso)).path;
    const verified = await verifyIso(iso, context, path);
    context.out.object(verified, () => [verified.path]);
  },
});

const list = verb({
  summary: "list the ISOs on this host, newest first",
  options: { available: { help: "list what has been released" } },
  async run(_words, { available }, { out }) {
    const { iso } = await loadConfig();
    const version = (row: { version: string }) => row.version;
    if (!available) {
      return out.list(await keptIsos(iso), [
        { header: "VERSION", text: version },
        { header: "SIZE", text: ({ size }) => humanSize(size) },
        { header: "STATE", text: ({ state }) => state },
        { header: "PATH", text: ({ path }) => path },
      ]);
    }
    out.list(await availableReleases(iso), [
      { header: "VERSION", text: version },
      { header: "RELEASED", text: ({ released }) => released ?? "" },
      { header: "KERNEL", text: ({ kernel }) => kernel ?? "" },
      { header: "STATE", text: ({ state }) => state ?? "" },
    ]);
  },
});

const path = verb({
  summary: "print the path of the newest verified ISO",
  async run(_words, _options, { out }) {
    const newest = await newestIso((await loadConfig()).iso);
    out.object(newest, () => [newest.path]);
  },
});

export const iso = commandWithVerbs({
  name: "vms-iso",
  summary: "get and prove the installation ISO of Arch Linux",
  description: [
    "An ISO is fetched from the first mirror that works, and gone on with " +
    "where a mirror or an earlier fetch broke off. It gets its final name " +
    "only after its checksums and its signature were found right. The " +
    "signature must be that of the key whose fingerprint the settings pin.",
    "A file NAME.verified beside the ISO records that; it holds until the " +
    "ISO is changed. verify believes no record but does it all again, " +
    "without the network.",
    "With --json, fetch prints version, path, size and fetched; verify path, " +
    "sha256, b2 and fingerprint; list and path version, path, size, state " +
    "and verified; list --available version, released, kernel, sha256, b2, " +
    "available and state. Sizes are bytes. States are verified, unverified " +
    "and partial.",
  ],
  needs: {
    run: ["b2sum", "df", "gpgv", "sha256sum"],
    // iso.directory is a setting, and may be anywhere.
    write: ["~", "/var/lib/libvirt/iso"],
    net: true,
  },
  exits: {
    failed: "it cannot be fetched, or is not what was signed",
    missing: "no such release, or no ISO on this host",
    host: "gpgv or the keyring is missing, or the directory is not writable",
  },
  examples: [
    ["vms-iso fetch", "fetch and prove the latest release"],
    ["vms-iso list --available", "what has been released"],
    ["vms-iso verify ~/archlinux-2026.03.01-x86_64.iso", "one got by hand"],
  ],
  verbs: { fetch, verify, list, path },
});

if (import.meta.main) await main(iso);
