/** Open the screen of a VM. */

import { command } from "../lib/command/declaration.ts";
import { Failure } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { active, findListed, listDomains } from "../lib/libvirt/domain.ts";
import {
  openViewer,
  refuseWithoutDisplay,
  screenUri,
} from "../lib/spice/viewer.ts";
import { VM } from "../lib/vm/operands.ts";
import { startWhenOff } from "../lib/vm/start_when_off.ts";

export const vmsSpice = command({
  name: "vms-spice",
  summary: "Open the screen of a VM in a viewer",
  description: [
    "Opens virt-viewer on the VM's SPICE screen. The connection is handed over by libvirt; no TCP port is open. SPICE's clipboard and file transfer are off.",
  ],
  needs: {
    run: ["virsh", "virt-viewer"],
    write: ["/run/vms", "/run/user"],
    net: true,
    sys: ["networkInterfaces"],
    env: ["DISPLAY", "WAYLAND_DISPLAY"],
  },
  exits: {
    conflict: "the VM is off",
    host: "there is no display, or no virt-viewer",
  },
  examples: [
    ["vms-spice work-client1", "its screen"],
    ["vms-spice --start --full-screen bank", "start it first"],
  ],
  operands: [VM],
  options: {
    start: { help: "start the VM where it is off" },
    "full-screen": { short: "f", help: "fill the screen" },
    "print-uri": { help: "print where viewers find the screen, open nothing" },
  },
  async run({ operands: [name = ""] }, options, context) {
    const connection = await open(context);
    const { virsh } = connection;
    const found = findListed(await listDomains(virsh), name);
    if (options["print-uri"]) {
      const uri = screenUri(virsh, name);
      return context.out.object({ name, uri }, () => [uri]);
    }
    if (options.start && found.state !== "running") {
      refuseWithoutDisplay(name);
      await startWhenOff(connection, [name], context);
    } else if (!active(found.state)) {
      const what = `cannot open the screen of "${name}"`;
      throw new Failure(
        "conflict",
        what,
        "it is off",
        `vms-spice --start ${name}`,
      );
    }
    const fullScreen = options["full-screen"];
    await openViewer(context.run, virsh, name, { fullScreen });
  },
});

if (import.meta.main) await main(vmsSpice);
