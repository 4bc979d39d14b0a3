/** All commands; generated: deno task pages. */

import type { Entries } from "../lib/command/multicall.ts";

export const COMMANDS: Entries = {
  "vms-agent": {
    summary: "Ask the agent of a VM, by JSON-RPC",
    load: () => import("../bin/vms-agent.ts"),
  },
  "vms-balloon": {
    summary: "Take memory that guests do not use back, if it is short",
    load: () => import("../bin/vms-balloon.ts"),
  },
  "vms-cache": {
    summary: "Show, fill and clean the package cache that VMs share",
    load: () => import("../bin/vms-cache.ts"),
  },
  "vms-clip": {
    summary: "Copy and paste between VMs, and between them and this host",
    load: () => import("../bin/vms-clip.ts"),
  },
  "vms-clone": {
    summary: "Make VMs from a template or from an AppVM",
    load: () => import("../bin/vms-clone.ts"),
  },
  "vms-console": {
    summary: "Open the serial console of a VM in this terminal",
    load: () => import("../bin/vms-console.ts"),
  },
  "vms-cp": {
    summary: "Copy files and folders into a VM, out of it, or between VMs",
    load: () => import("../bin/vms-cp.ts"),
  },
  "vms-density": {
    summary: "Show what VMs take of the host's memory, and what room is left",
    load: () => import("../bin/vms-density.ts"),
  },
  "vms-destroy": {
    summary: "Delete VMs with their disks",
    load: () => import("../bin/vms-destroy.ts"),
  },
  "vms-dispose": {
    summary: "Start a throw-away VM; all of it is gone when it stops",
    load: () => import("../bin/vms-dispose.ts"),
  },
  "vms-doctor": {
    summary: "Find what this host lacks and what crashes left, and cure it",
    load: () => import("../bin/vms-doctor.ts"),
  },
  "vms-exec": {
    summary: "Run a program in a VM",
    load: () => import("../bin/vms-exec.ts"),
  },
  "vms-firewall": {
    summary: "Say what a VM may reach; this host enforces it",
    load: () => import("../bin/vms-firewall.ts"),
  },
  "vms-install": {
    summary: "Install a VM from the ISO, unattended over the serial console",
    load: () => import("../bin/vms-install.ts"),
  },
  "vms-iso": {
    summary: "get and prove the installation ISO of Arch Linux",
    load: () => import("../bin/vms-iso.ts"),
  },
  "vms-keep": {
    summary: "Turn a running disposable into an AppVM",
    load: () => import("../bin/vms-keep.ts"),
  },
  "vms-list": {
    summary: "List VMs: names, or a table on a terminal",
    load: () => import("../bin/vms-list.ts"),
  },
  "vms-net": {
    summary: "Connect a VM to a network, or cut it off",
    load: () => import("../bin/vms-net.ts"),
  },
  "vms-passwords": {
    summary: "Show and change the passwords of VMs",
    load: () => import("../bin/vms-passwords.ts"),
  },
  "vms-pause": {
    summary: "Pause VMs: they keep their memory and use no CPU",
    load: () => import("../bin/vms-pause.ts"),
  },
  "vms-pool": {
    summary: "Keep disposables ready, so that they are only woken",
    load: () => import("../bin/vms-pool.ts"),
  },
  "vms-rebuild": {
    summary: "Give VMs a new root layer on the newest version of their template",
    load: () => import("../bin/vms-rebuild.ts"),
  },
  "vms-resume": {
    summary: "Let paused VMs run on",
    load: () => import("../bin/vms-resume.ts"),
  },
  "vms-share": {
    summary: "Give a VM that runs a folder of this host",
    load: () => import("../bin/vms-share.ts"),
  },
  "vms-shell": {
    summary: "Open a shell in a VM",
    load: () => import("../bin/vms-shell.ts"),
  },
  "vms-snapshot": {
    summary: "Take, list, go back to and delete snapshots of an AppVM",
    load: () => import("../bin/vms-snapshot.ts"),
  },
  "vms-spice": {
    summary: "Open the screen of a VM in a viewer",
    load: () => import("../bin/vms-spice.ts"),
  },
  "vms-start": {
    summary: "Start VMs",
    load: () => import("../bin/vms-start.ts"),
  },
  "vms-stats": {
    summary: "Show what VMs use: CPU, memory, disk, network",
    load: () => import("../bin/vms-stats.ts"),
  },
  "vms-stop": {
    summary: "Shut VMs down",
    load: () => import("../bin/vms-stop.ts"),
  },
  "vms-template": {
    summary: "Build, rebuild, list and prune templates",
    load: () => import("../bin/vms-template.ts"),
  },
  "vms-usb": {
    summary: "give USB devices of this host to VMs",
    load: () => import("../bin/vms-usb.ts"),
  },
  "vms-warm": {
    summary: "Freeze booted templates, so that VMs start without booting",
    load: () => import("../bin/vms-warm.ts"),
  },
};
