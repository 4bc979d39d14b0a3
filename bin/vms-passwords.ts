/** Passwords of VMs: shown, chosen, made anew. */

import { askSecret } from "../lib/command/ask.ts";
import { commandWithVerbs, verb } from "../lib/command/declaration.ts";
import { Failure } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { lockAll } from "../lib/lock/lock.ts";
import { checkPassword, newPassword } from "../lib/password/password.ts";
import { storeOf } from "../lib/vm/password_store.ts";
import { VM, VMS } from "../lib/vm/operands.ts";
import {
  changePassword,
  passwordOwner,
  refuseDeaf,
} from "../lib/vm/password.ts";

const show = verb({
  summary: "print the password of a VM",
  operands: [VM],
  async run({ operands: [name = ""] }, _options, context) {
    const connection = await open(context);
    passwordOwner(await listDomains(connection.virsh), name);
    const password = await storeOf(connection).read(name);
    if (password !== undefined) {
      return context.out.object({ name, password }, () => [password]);
    }
    throw new Failure(
      "missing",
      `cannot show the password of "${name}"`,
      "you have none of it: another made the VM, or none was wanted",
      `vms-passwords rotate ${name}`,
    );
  },
});

const set = verb({
  summary: "give a VM the password typed, or the first line on standard input",
  operands: [VM],
  async run({ operands: [name = ""] }, _options, context) {
    const connection = await open(context);
    using _held = await lockAll("vm", [name]);
    const vm = passwordOwner(await listDomains(connection.virsh), name);
    await refuseDeaf(connection, vm);
    const password = await askSecret("password");
    try {
      checkPassword(password);
    } catch (error) {
      const why = (error as Error).message;
      throw new Failure("usage", "cannot use the password", why);
    }
    await changePassword(connection, vm, password);
    context.out.name(name);
  },
});

const rotate = verb({
  summary: "give VMs new passwords, made at random",
  operands: [VMS],
  async run({ operands: names }, _options, context) {
    const connection = await open(context);
    using _held = await lockAll("vm", names);
    const list = await listDomains(connection.virsh);
    const vms = names.map((name) => passwordOwner(list, name));
    for (const vm of vms) await refuseDeaf(connection, vm);
    for (const vm of vms) {
      await changePassword(connection, vm, newPassword());
      context.out.name(vm.name);
    }
  },
});

export const vmsPasswords = commandWithVerbs({
  name: "vms-passwords",
  summary: "Show and change the passwords of VMs",
  description: [
    "Every AppVM and every named disposable has a random password of its own (99 bits), for its user and for root; set and rotate give it another, in a VM that runs at once, and in one that is off when it starts. It outlives vms-rebuild and goes with vms-destroy. A password that was changed in the VM stays until then. A snapshot of memory goes on with the one of its time until the VM is started anew. Unnamed disposables have none.",
    "The password itself is in ~/.local/state/vms/passwords of the user who made the VM, in a file that only they can read; with keyring = true below [passwords] in the settings it is in the desktop's keyring, by secret-tool(1). Other members of the libvirt group are told that they have none of it.",
    "The VM is given a salted SHA-512 hash of it, in the volume NAME.credentials beside its disks, as the systemd credential vms.credentials. The hash can be read by root and by members of the libvirt group (virsh vol-download), and in the VM by root (/run/credentials/@system, /sys/firmware/qemu_fw_cfg, /etc/shadow). It is in no command line, log, trace or domain XML. A version of a template that was built before there were passwords takes it only while it runs.",
    "Where the recipe has autologin = true, whoever reaches the console is let in without a password, and unless it has sudo_password = true, sudo asks for none. With make = false below [passwords] new VMs are given none.",
    "The public ssh keys that ssh_keys names below [vm], each a key or the path of a file of them, are given to the VM's user with the password, when the VM is made and at set and rotate. They stand in ~/.ssh/authorized_keys between two marks, and take hold when the VM starts. The recipe has to start sshd.",
  ],
  needs: { run: ["openssl", "secret-tool", "virsh"], write: ["~"] },
  exits: {
    missing: "no such VM, or you have no password of it",
    conflict: "an unnamed disposable, or a VM that runs and " +
      "whose guest agent does not answer",
    host: "the keyring cannot be reached",
  },
  examples: [
    ["vms-passwords work-client1", "print it"],
    ["vms-passwords set work-client1", "typed twice, without echo"],
    ["pwgen 30 1 | vms-passwords set bank", "or from a program"],
    ["vms-list | vms-passwords rotate -", "new ones for all"],
  ],
  verbs: { show, set, rotate },
  otherwise: "show",
});

if (import.meta.main) await main(vmsPasswords);
