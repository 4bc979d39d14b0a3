/** Copy and paste between VMs and this host. */

import { LIMITS } from "../lib/clipboard/content.ts";
import { offerHere } from "../lib/clipboard/host.ts";
import { entries } from "../lib/clipboard/log.ts";
import { ownStore } from "../lib/clipboard/store.ts";
import { commandWithVerbs, verb } from "../lib/command/declaration.ts";
import { Failure } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { duration, humanSize, size } from "../lib/names/values.ts";
import * as clipboard from "../lib/vm/clipboard.ts";
import { VM } from "../lib/vm/operands.ts";

const PLACE = [{ ...VM, help: "a VM with a screen", optional: true }];
const options = {
  host: { help: "the clipboard of this host, instead of a VM's" },
  primary: { short: "p", help: "what is marked, not what was copied" },
  ttl: {
    value: "TIME",
    default: "60s",
    help: "how long it can be pasted",
    as: duration,
  },
} as const;

function placeOf(
  vm: string | undefined,
  { host, primary }: { host: boolean; primary: boolean },
): clipboard.Place {
  if (host === (vm !== undefined)) {
    throw new Failure(
      "usage",
      "cannot understand the command line",
      "vms-clip needs either VM or --host",
      "vms-clip --help",
    );
  }
  return { vm, selection: primary ? "primary" : "clipboard" };
}

const copy = verb({
  summary: "take what is in the clipboard of a VM",
  operands: PLACE,
  options: {
    ...options,
    image: { short: "i", help: "a picture (PNG) instead of text" },
    limit: { value: "SIZE", help: "most to take", as: size },
  },
  async run({ operands: [vm] }, given, context) {
    const place = placeOf(vm, given);
    const label = await clipboard.copy(await open(context), context, place, {
      kind: given.image ? "image" : "text",
      limit: given.limit,
      seconds: given.ttl,
    });
    if (label) context.say(`${clipboard.described(label)}, for one paste`);
  },
});

const paste = verb({
  summary: "offer what was copied in another VM, for one paste",
  operands: PLACE,
  options,
  async run({ operands: [vm] }, given, context) {
    const place = placeOf(vm, given);
    const connection = await open(context);
    const label = await clipboard.paste(connection, context, place, given.ttl);
    context.say(clipboard.described(label));
  },
});

const offer = verb({
  summary: "offer standard input on this host, for one paste",
  options: {
    image: { short: "i", help: "a picture (PNG) instead of text" },
    primary: options.primary,
    ttl: options.ttl,
  },
  async run(_words, { image, primary, ttl }, { run, out, dryRun }) {
    if (dryRun) return;
    const content = await new Response(Deno.stdin.readable).bytes();
    await offerHere(run, {
      kind: image ? "image" : "text",
      selection: primary ? "primary" : "clipboard",
      content,
      seconds: ttl,
    }, () => out.text("offered"));
  },
});

const list = verb({
  summary: "say what waits to be pasted, not what it is",
  async run(_words, _given, { out }) {
    const label = await (await ownStore()).look();
    out.list(label ? [label] : [], [
      { header: "SOURCE", text: ({ source }) => source },
      { header: "KIND", text: ({ kind }) => kind },
      { header: "SIZE", text: ({ bytes }) => humanSize(bytes) },
      { header: "UNTIL", text: ({ expires }) => clock(expires) },
    ]);
  },
});

const clear = verb({
  summary: "delete what waits to be pasted",
  options: { "when-expired": { help: "once its time is over" } },
  async run(_words, given, { dryRun }) {
    if (dryRun) return;
    if (given["when-expired"]) await clipboard.clearWhenExpired();
    else await clipboard.clear();
  },
});

const log = verb({
  summary: "list who gave what to whom; never what it was",
  async run(_words, _given, { out }) {
    out.list(await entries(), [
      { header: "TIME", text: ({ time }) => time },
      { header: "ACTION", text: ({ action }) => action },
      { header: "SOURCE", text: ({ source }) => source },
      { header: "TARGET", text: ({ target }) => target ?? "" },
      { header: "KIND", text: ({ kind }) => kind },
      { header: "SIZE", text: ({ bytes }) => humanSize(bytes) },
      { header: "SHA256", text: ({ sha256 }) => sha256 },
    ]);
  },
});

function clock(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ");
}

export const clip = commandWithVerbs({
  name: "vms-clip",
  summary: "Copy and paste between VMs, and between them and this host",
  description: [
    "Nothing goes from one clipboard to another by itself. copy takes what is in a VM's clipboard, paste offers it in another's, where it can be pasted once and is gone after that, or after --ttl. One thing waits at a time; it is never offered where it came from.",
    `Text is UTF-8 without control characters other than newline and tab, and without marks that turn the direction of writing. A picture is PNG without comments and other chunks around it. At most ${
      humanSize(LIMITS.text)
    } of text and ${
      humanSize(LIMITS.image)
    } of a picture are taken, unless --limit says more.`,
    "A VM needs a screen with somebody logged in, and xclip, as the template gui has; this host needs wl-clipboard on Wayland, xclip on X11. What is pasted into this host is offered by vms-clip offer, which stays in the background until it was pasted, or something else was copied, or --ttl is over.",
    "What waits lies in $XDG_RUNTIME_DIR/vms/clip, for its user alone. The log is ~/.local/state/vms/clip.log: time, source, target, size and SHA-256 of what went, not what it was. SHA-256 of a short text can be guessed by who reads the log.",
    "With --json, list prints source, kind, bytes, sha256, copied and expires, log prints time, action, source, target, kind, bytes and sha256. This host is called (host).",
  ],
  needs: {
    run: ["virsh", "vms-clip", "wl-copy", "wl-paste", "xclip"],
    write: ["~"],
    net: true,
    env: ["DISPLAY", "WAYLAND_DISPLAY"],
  },
  exits: {
    conflict: "nothing to copy or to paste, it came from there, or the VM " +
      "is off or has no screen",
    host: "this host has no graphical session, or no program for it",
  },
  examples: [
    ["vms-clip copy work-client1", "what was copied in it"],
    ["vms-clip paste bank", "can be pasted there, once"],
    ["vms-clip copy --image web", "a picture"],
    ["vms-clip copy --host", "what was copied on this host"],
  ],
  verbs: { copy, paste, offer, list, clear, log },
});

if (import.meta.main) await main(clip);
