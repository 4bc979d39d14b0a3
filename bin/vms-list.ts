/** List VMs and their states. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { active, listDomains, type Listed } from "../lib/libvirt/domain.ts";
import { byName } from "../lib/names/names.ts";
import { oneOf } from "../lib/names/values.ts";

const STATES = ["running", "paused", "off", "active"] as const;
const KINDS = [
  "appvm",
  "disposable",
  "template",
  "build",
  "spare",
] as const;

// Named here: written in place, the types of all options would be lost.
const asState = oneOf(STATES);
const asKind = oneOf(KINDS);

export const vmsList = command({
  name: "vms-list",
  summary: "List VMs: names, or a table on a terminal",
  description: [
    "Lists AppVMs and disposables. Templates are listed by vms-template list. VMs that others made with libvirt are not shown.",
  ],
  needs: { run: ["virsh"] },
  examples: [
    ["vms-list --state=running | vms-stop -", "stop all that run"],
    ["vms-list --json", "one object per VM: name, state, kind, template"],
  ],
  options: {
    state: {
      value: "STATE",
      help: "only those: running, paused, off, or active (not off)",
      as: asState,
      complete: STATES,
    },
    kind: {
      value: "KIND",
      help: "only those: appvm, disposable, template, build, spare",
      as: asKind,
      complete: KINDS,
    },
    template: {
      value: "TEMPLATE",
      help: "only those that rest on a version of it",
      complete: "template",
    },
  },
  async run(_words, { state, kind, template }, context) {
    const { virsh } = await open(context);
    const rows = (await listDomains(virsh))
      .filter((vm) => vm.kind === kind || (!kind && isVm(vm)))
      .filter((vm) => !state || hasState(vm, state))
      .filter((vm) =>
        !template || vm.template === template ||
        vm.template?.split("@")[0] === template
      )
      .map(({ name, state, kind, template }) => ({
        name,
        state: state === "shut off" ? "off" : state,
        kind: kind!,
        template,
      }))
      .sort((a, b) => byName(a.name, b.name));
    context.out.list(rows, [
      { header: "NAME", text: (row) => row.name },
      { header: "STATE", text: (row) => row.state },
      { header: "KIND", text: (row) => row.kind },
      { header: "TEMPLATE", text: (row) => row.template ?? "-" },
    ]);
  },
});

function isVm({ kind }: Listed): boolean {
  return kind === "appvm" || kind === "disposable";
}

function hasState(vm: Listed, wanted: typeof STATES[number]): boolean {
  if (wanted === "active") return active(vm.state);
  return vm.state === (wanted === "off" ? "shut off" : wanted);
}

if (import.meta.main) await main(vmsList);
