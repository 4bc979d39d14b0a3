/** From a command to a login prompt, against libvirt starting the same by itself. */

import { Console } from "../lib/console/console.ts";
import { connect } from "../lib/console/connect.ts";
import { Virsh } from "../lib/libvirt/virsh.ts";
import { type Finding, kibibytes, times } from "./finding.ts";
import { run, runAll } from "./program.ts";
import { race } from "./race.ts";
import {
  allocated,
  forget,
  IMAGES,
  type Template,
  xmlOfClone,
} from "./world.ts";

const OURS = "bench-boot";
const BARE = "bench-bare";

export async function benchBoot(
  { name: source, image }: Template,
  rounds: number,
): Promise<Finding[]> {
  const folder = await Deno.makeTempDir();
  try {
    return await bootEach(source, image, rounds, folder);
  } finally {
    await forget([OURS, BARE]);
    await Deno.remove(folder, { recursive: true });
  }
}

async function bootEach(
  source: string,
  image: string,
  rounds: number,
  folder: string,
): Promise<Finding[]> {
  const xml = `${folder}/xml`;
  await runAll([
    ["vms-clone", source, OURS],
    ["cp", "--preserve=all", credentials(OURS), `${folder}/credentials`],
  ]);
  await Deno.writeTextFile(xml, await xmlOfClone(OURS, BARE));
  await forget([OURS]);
  const written = { ours: [] as number[], bare: [] as number[] };
  const [ours, bare] = await race([
    {
      name: "vms-clone --start to login",
      work: async () => {
        await runAll([["vms-clone", "--cold", "--start", source, OURS]]);
        await login(OURS);
      },
      after: async () => {
        written.ours.push(await allocated(`${IMAGES}/${OURS}.qcow2`));
        await forget([OURS]);
      },
    },
    {
      name: "virsh start of the same to login",
      before: () =>
        runAll([
          ...bareLayers(image),
          ["cp", "--preserve=all", `${folder}/credentials`, credentials(BARE)],
          ["virsh", "define", xml],
        ]),
      work: async () => {
        await runAll([["virsh", "start", BARE]]);
        await login(BARE);
      },
      after: async () => {
        written.bare.push(await allocated(`${IMAGES}/${BARE}.qcow2`));
        await forget([BARE]);
      },
    },
  ], rounds);
  const third = { atMost: Math.min(...written.bare) / 3 / 1024 };
  return [
    times(ours!, bare!, { atMost: 1.1 }),
    kibibytes("layer after its first boot", written.ours, third),
    kibibytes("the same with QEMU's default layout", written.bare),
  ];
}

/** The file of its SMBIOS credentials. */
const credentials = (name: string) => `${IMAGES}/${name}.credentials`;

function bareLayers(image: string): string[][] {
  const create = ["qemu-img", "create", "-q", "-f", "qcow2"];
  return [
    [...create, "-b", image, "-F", "qcow2", `${IMAGES}/${BARE}.qcow2`],
    [...create, `${IMAGES}/${BARE}.home.qcow2`, "20G"],
  ];
}

async function login(domain: string) {
  const virsh = new Virsh(run, "qemu:///system");
  const console = new Console(connect(run, virsh, domain), {
    write: (bytes) => Promise.resolve(bytes.length),
  });
  await console.expect("the login prompt", /login:/, {
    silence: 300_000,
    total: 600_000,
  });
  await console.close();
}
