import { assertEquals } from "@std/assert";
import { examFor } from "../../tests/doctor_world.ts";
import { keyrings, packages } from "./packages.ts";

const ALL = [
  "usr/bin/virsh",
  "usr/sbin/libvirtd",
  "usr/bin/qemu-system-x86_64",
  "usr/bin/qemu-img",
  "usr/lib/virtiofsd",
  "usr/share/edk2/x64/OVMF_CODE.4m.fd",
  "usr/sbin/dnsmasq",
  "usr/sbin/ebtables",
  "usr/bin/script",
  "usr/bin/bsdtar",
  "usr/bin/setfacl",
  "usr/bin/gpgv",
  "usr/bin/openssl",
  "usr/bin/virt-viewer",
  "usr/bin/xclip",
];

function files(without: string[], release: string): Record<string, string> {
  const there = ALL.filter((path) => !without.some((w) => path.includes(w)));
  return {
    ...Object.fromEntries(there.map((path) => [path, ""])),
    "etc/os-release": release,
  };
}

Deno.test("packages: nothing to say where all is installed", async () => {
  await using exam = await examFor({ files: files([], "ID=arch\n") });
  assertEquals(await packages.examine(exam), []);
});

Deno.test("packages: names those of the distribution, one command for all", async () => {
  const lacking = ["virsh", "libvirtd", "OVMF", "virtiofsd"];
  const cureOn = async (release: string, uid: number) => {
    await using exam = await examFor({ files: files(lacking, release), uid });
    const [found] = await packages.examine(exam);
    return [found!.what, found!.cure, found!.level];
  };
  const what = "not installed: virsh, libvirtd, virtiofsd, OVMF firmware";
  assertEquals(await cureOn("ID=arch\n", 0), [
    what,
    "pacman -S --needed --noconfirm libvirt virtiofsd edk2-ovmf",
    "error",
  ]);
  const install =
    "apt-get install -y --no-install-recommends libvirt-clients " +
    "libvirt-daemon-system qemu-system-common ovmf";
  assertEquals(await cureOn('ID=raspbian\nID_LIKE="x debian"\n', 1000), [
    what,
    `sudo apt-get update -q && sudo ${install}`,
    "error",
  ]);
  assertEquals(await cureOn("ID=fedora\n", 0), [
    `${what} (on Arch Linux in libvirt, libvirt, virtiofsd, edk2-ovmf; on Debian in libvirt-clients, libvirt-daemon-system, qemu-system-common, ovmf)`,
    undefined,
    "error",
  ]);
});

Deno.test("packages: a viewer is only a hint", async () => {
  await using exam = await examFor({
    files: files(["virt-viewer"], "ID=arch\n"),
  });
  const [found] = await packages.examine(exam);
  const { id, level, what, repair } = found!;
  assertEquals({ id, level, what, repair }, {
    id: "package:virt-viewer",
    level: "warning",
    what: "not installed: virt-viewer; without it vms-spice shows no screens",
    repair: undefined,
  });
});

Deno.test("keyrings: installs that of Arch Linux, and no other", async () => {
  await using exam = await examFor({
    files: { "etc/os-release": "ID=arch\n", "own.gpg": "" },
    config: (config) => {
      config.iso.keyring = "/else.gpg";
    },
  });
  const found = await keyrings.examine(exam);
  assertEquals(found.map(({ what, cure }) => [what, cure]), [
    ["there is no keyring /else.gpg to check signatures with", undefined],
    [
      "there is no keyring /usr/share/pacman/keyrings/archlinux.gpg to check signatures with",
      "pacman -S --needed --noconfirm archlinux-keyring",
    ],
  ]);
});
