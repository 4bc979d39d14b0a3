/** Copy files and folders between this host and VMs. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { copy } from "../lib/inside/copy.ts";
import { readCopy } from "../lib/inside/copy_words.ts";
import { sayCopy } from "../lib/inside/copy_dry_run.ts";

export const vmsCp = command({
  name: "vms-cp",
  summary: "Copy files and folders into a VM, out of it, or between VMs",
  description: [
    "The last word is the target, VM:PATH or a path of this host; a PATH in a VM is relative to the home of its user, with --root to /root, and ~ is that home. A source alone, VM:PATH, is copied to ~/.local/share/vms/incoming/VM. Folders are copied with all that is in them, with -r as without. It works without a network.",
    "All of it arrives or nothing does: it is put beside the target under a hidden name, compared with its checksums, written to the disk, and then moved into place. What is there already is not replaced without --force. Modes and times are kept, owners are not, nor are setuid and the like.",
    "What a VM sends is not trusted: it chooses no place on this host or in another VM. Only the names that were asked for are taken, and whatever else it sends refuses the whole copy. A source in a VM that ends in . or .. has a name that only the VM knows, so its target must be a new name. Names with control characters or .. are refused, and links that lead out of what is copied are left out. Each path that has come is printed.",
    "A path of this host that lies in a folder which a running VM may write to (vms-share(1), --rw), that holds one, or that leads over one is refused: the VM could put links there while it is copied. With --force it is copied all the same, with a warning. At most a million files and folders are taken in one copy.",
  ],
  needs: {
    run: ["virsh"],
    net: true,
    write: ["~", "/run/vms", "/run/user"],
    env: ["XDG_DATA_HOME"],
  },
  exits: {
    missing: "no such VM, file or folder",
    conflict:
      "something of that name is there, a VM can write to that path of this host, or the VM is off",
  },
  examples: [
    ["vms-cp notes.pdf work-client1:", "into the home of its user"],
    ["vms-cp work-client1:report .", "and back, a folder"],
    ["vms-cp work-client1:Downloads/x.pdf", "to the incoming folder"],
    ["vms-cp work-client1:x bank:Documents", "from VM to VM"],
  ],
  operands: [{
    name: "PATH",
    help: "sources and target: VM:PATH, or a path of this host",
    many: true,
    complete: "file",
  }],
  options: {
    force: {
      short: "f",
      help: "replace files that are there; copy in folders that VMs write to",
    },
    root: { help: "as root in the VM" },
    recursive: {
      short: "r",
      help: "folders with all in them, as without it",
    },
  },
  async run({ operands }, options, context) {
    const words = readCopy(operands);
    const connection = await open(context);
    if (context.dryRun) {
      return await sayCopy(connection, context, words, options);
    }
    const paths = await copy(connection, context, words, options);
    paths.forEach(context.out.name);
  },
});

if (import.meta.main) await main(vmsCp);
