/** Turn a running disposable into an AppVM. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { lockAll } from "../lib/lock/lock.ts";
import { checkName } from "../lib/names/names.ts";
import { duration, size } from "../lib/names/values.ts";
import { checkKeepable, keep } from "../lib/disposable/keep.ts";
import { start } from "../lib/vm/start.ts";

export const vmsKeep = command({
  name: "vms-keep",
  summary: "Turn a running disposable into an AppVM",
  description: [
    "The disposable is shut down cleanly, and what it wrote becomes the root layer of an AppVM, which is started. If that fails once it is shut down, it is an AppVM of its own name, and the same command goes on. What lies in /home moves to the AppVM's home disk when it boots.",
  ],
  needs: {
    run: ["openssl", "secret-tool", "sync", "virsh"],
    write: ["~"],
    net: true,
    sys: ["networkInterfaces"],
  },
  exits: { conflict: "it is no running disposable, or the NAME is taken" },
  examples: [["vms-keep disp-4821 bank", "bank has what disp-4821 had"]],
  operands: [
    {
      name: "DISPOSABLE",
      help: "name of a running disposable",
      check: checkName,
      complete: "disposable",
    },
    { name: "NAME", help: "name of the AppVM", check: checkName },
  ],
  options: {
    "home-size": { value: "SIZE", help: "size of the home disk", as: size },
    "no-start": { help: "leave the AppVM off" },
    timeout: {
      value: "TIME",
      default: "2m",
      help: "how long the disposable may take to shut down",
      as: duration,
    },
  },
  async run({ operands: [disposable = "", name = ""] }, options, context) {
    const connection = await open(context);
    using _held = await lockAll("vm", [disposable, name]);
    checkKeepable(await listDomains(connection.virsh), disposable, name);
    const { timeout } = options;
    const homeSize = options["home-size"];
    await keep(connection, disposable, name, { homeSize, timeout });
    if (!options["no-start"] && !context.dryRun) {
      const list = await listDomains(connection.virsh);
      await start(connection, list, name, [], context.warn);
    }
    context.out.name(name);
  },
});

if (import.meta.main) await main(vmsKeep);
