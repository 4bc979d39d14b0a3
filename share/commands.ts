/** All commands; generated: deno task pages. */

import type { Entries } from "../lib/command/multicall.ts";

export const COMMANDS: Entries = {
  "vms-cache": {
    summary: "Show, fill and clean the package cache that VMs share",
    load: () => import("../bin/vms-cache.ts"),
  },
  "vms-clone": {
    summary: "Make VMs from a template or from an AppVM",
    load: () => import("../bin/vms-clone.ts"),
  },
  "vms-console": {
    summary: "Open the serial console of a VM in this terminal",
    load: () => import("../bin/vms-console.ts"),
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
  "vms-pause": {
    summary: "Pause VMs: they keep their memory and use no CPU",
    load: () => import("../bin/vms-pause.ts"),
  },
  "vms-rebuild": {
    summary: "Give VMs a new root layer on the newest version of their template",
    load: () => import("../bin/vms-rebuild.ts"),
  },
  "vms-resume": {
    summary: "Let paused VMs run on",
    load: () => import("../bin/vms-resume.ts"),
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
};
