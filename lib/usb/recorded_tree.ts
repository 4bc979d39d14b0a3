/** The recorded sysfs that tests read; recorded_tree.txt tells of it. */

import { join } from "@std/path/posix/join";

const RECORDED = new URL("recorded_tree.txt", import.meta.url);

/** Make the files in a new directory; hand back what stands for /sys. */
export async function unpackTree(): Promise<string> {
  const root = await Deno.makeTempDir({ prefix: "vms-sysfs-" });
  const links = join(root, "bus/usb/devices");
  await Deno.mkdir(links, { recursive: true });
  let section = "";
  for (const line of (await Deno.readTextFile(RECORDED)).split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("[")) {
      section = line.slice(1, -1);
      await Deno.mkdir(join(root, section), { recursive: true });
      const name = section.slice(section.lastIndexOf("/") + 1);
      await Deno.symlink(`../../../${section}`, join(links, name));
    } else {
      const [, name, value] = /^(\w+) (.*)$/.exec(line)!;
      const text = JSON.parse(`"${value}"`);
      await Deno.writeTextFile(join(root, section, name!), `${text}\n`);
    }
  }
  return root;
}

/** Pull a device out. */
export async function unplug(sysfs: string, port: string): Promise<void> {
  await Deno.remove(join(sysfs, "bus/usb/devices", port));
}
