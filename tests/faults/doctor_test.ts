// The doctor on the lab's host: each thing is broken, found, cured and gone.
import { assert, assertEquals } from "@std/assert";

const PKG = "/var/lib/libvirt/filesystems/pkg";
const IMAGES = "/var/lib/libvirt/images";
const ENTER = new URL("../lab/enter", import.meta.url).pathname;
const RESTART = new URL("../lab/restart-libvirtd", import.meta.url).pathname;

async function run(...words: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(words[0]!, {
    args: words.slice(1),
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

async function must(...words: string[]): Promise<string> {
  const { code, out, err } = await run(...words);
  assertEquals(code, 0, `${words.join(" ")}: ${err}`);
  return out;
}

const virsh = (...words: string[]) => must("virsh", "-q", ...words);

interface Found {
  id: string;
  level: string;
  what: string;
  cure?: string;
  root?: boolean;
  cured?: boolean;
}

/** Exit code, findings without warnings, and standard error. */
async function doctor(...words: string[]) {
  return await read(run("vms-doctor", "--json", ...words));
}

async function read(running: ReturnType<typeof run>) {
  const { code, out, err } = await running;
  const found: Found[] = out.split("\n").filter(Boolean)
    .map((line) => JSON.parse(line));
  return {
    code,
    err,
    all: found,
    ids: found.filter(({ level, cured }) => level === "error" && !cured)
      .map(({ id }) => id),
    cured: found.filter(({ cured }) => cured).map(({ id }) => id),
  };
}

/** Found before, cured by --repair, and nothing left to do after. */
async function curedOf(ids: string[], code: number) {
  const before = await doctor();
  assertEquals([before.ids, before.code], [ids, code]);
  const dry = await doctor("--repair", "--dry-run");
  assertEquals([dry.ids, dry.cured], [ids, []]);
  const repaired = await doctor("--repair");
  assertEquals(repaired, { ...repaired, ids: [], cured: ids, code: 0 });
  const after = await doctor("--repair");
  assertEquals(after, { ...after, ids: [], cured: [], code: 0 });
}

async function domain(
  name: string,
  title: string,
  disk: string,
  home?: string,
) {
  const disks = [["root", disk, "vda"], ["home", home, "vdb"]]
    .filter(([, file]) => file !== undefined)
    .map(([serial, file, target]) =>
      `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
         <source file='${IMAGES}/${file}'/><target dev='${target}' bus='virtio'/>
         <serial>${serial}</serial></disk>`
    );
  const [kind, , template] = title.split(" ");
  const path = await Deno.makeTempFile();
  const on = template ? ` template='${template}'` : "";
  await Deno.writeTextFile(
    path,
    `<domain type='qemu'><name>${name}</name><title>${title}</title>
       <metadata><vms:vm xmlns:vms='urn:vms:domain:1' kind='${kind}'${on}/></metadata>
       <memory unit='MiB'>64</memory><os><type machine='q35'>hvm</type></os>
       <devices>${disks.join("")}</devices></domain>`,
  );
  await virsh("define", path);
  await Deno.remove(path);
  return {
    [Symbol.asyncDispose]: async () =>
      void await run("virsh", "undefine", name),
  };
}

async function volume(name: string, backing?: string) {
  const on = backing
    ? ["--backing-vol", backing, "--backing-vol-format", "qcow2"]
    : [];
  const words = ["default", name, "8M", "--format", "qcow2", ...on];
  await virsh("vol-create-as", ...words);
  return {
    [Symbol.asyncDispose]: async () =>
      void await run("virsh", "vol-delete", "--pool", "default", name),
  };
}

async function volumes(): Promise<string[]> {
  const text = await virsh("vol-list", "default");
  return text.split("\n").map((line) => line.trim().split(/\s+/)[0]!)
    .filter(Boolean);
}

Deno.test("vms-doctor has nothing to say of the lab but that it is slow", async () => {
  const found = await doctor();
  assertEquals(found.ids, []);
  assertEquals(found.code, 0, found.err);
  const all = await doctor("--all");
  assert(all.all.some(({ id, level }) => id === "pool" && level === "ok"));
});

Deno.test("vms-doctor starts and makes the storage pool", async () => {
  const xml = await virsh("pool-dumpxml", "default");
  await virsh("pool-destroy", "default");
  await curedOf(["pool"], 6);
  await virsh("pool-autostart", "--disable", "default");
  await curedOf(["pool"], 6);
  await virsh("pool-destroy", "default");
  await virsh("pool-undefine", "default");
  await curedOf(["pool"], 6);
  const path = (text: string) => /<path>.*<\/path>/.exec(text)![0];
  assertEquals(path(await virsh("pool-dumpxml", "default")), path(xml));
});

Deno.test("vms-doctor starts and makes the network", async () => {
  const saved = await Deno.makeTempFile();
  await Deno.writeTextFile(saved, await virsh("net-dumpxml", "vms"));
  try {
    await virsh("net-destroy", "vms");
    await curedOf(["network"], 6);
    await virsh("net-destroy", "vms");
    await virsh("net-undefine", "vms");
    await curedOf(["network"], 6);
    const made = await virsh("net-dumpxml", "vms");
    assert(made.includes("<forward mode='nat'>"), made);
  } finally {
    await run("virsh", "net-destroy", "vms");
    await run("virsh", "net-undefine", "vms");
    await virsh("net-define", saved);
    await virsh("net-start", "vms");
    await virsh("net-autostart", "vms");
    await Deno.remove(saved);
  }
});

Deno.test("vms-doctor makes directories and the read-only mount", async () => {
  await must("umount", "/run/vms/shared");
  await must("rm", "-r", "/run/vms");
  const before = await doctor();
  const ids = [
    "directory:/run/vms",
    "directory:/run/vms/lock",
    "directory:/run/vms/agent",
    "shared-mount",
  ];
  assertEquals([before.ids, before.code], [ids, 6]);
  assertEquals((await run("test", "-e", "/run/vms")).code, 1);
  await curedOf(ids, 6);
  const file = `${PKG}/shared/doctor-test`;
  await Deno.writeTextFile(file, "x");
  try {
    assertEquals(await Deno.readTextFile("/run/vms/shared/doctor-test"), "x");
    assertEquals((await run("rm", "/run/vms/shared/doctor-test")).code, 1);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("vms-doctor puts owner and mode right", async () => {
  await Deno.chmod(`${PKG}/shared`, 0o755);
  await must("chgrp", "root", "/var/lib/libvirt/iso");
  await curedOf([
    "directory:/var/lib/libvirt/iso",
    `directory:${PKG}/shared`,
  ], 6);
  assertEquals(
    await must("stat", "-c", "%U:%G %a", PKG, `${PKG}/shared`),
    "root:libvirt 2770\nroot:libvirt 2775",
  );
});

Deno.test("vms-doctor looks on where libvirt is down, and starts it", async () => {
  await must(RESTART, "--stop");
  await Deno.chmod("/var/lib/libvirt/iso", 0o700);
  try {
    const ids = ["libvirt", "directory:/var/lib/libvirt/iso"];
    await curedOf(ids, 6);
    assertEquals(await virsh("uri"), "qemu:///system");
  } finally {
    await must(RESTART);
  }
});

Deno.test("vms-doctor sweeps what disposables and builds left", async () => {
  await using _gui = await volume("gui@1.qcow2");
  await using _version = await domain("gui@1", "template", "gui@1.qcow2");
  await volume("disp-4711.qcow2", "gui@1.qcow2");
  await volume("gui@build.qcow2", "gui@1.qcow2");
  await volume("gui@2.qcow2", "gui@1.qcow2");
  await volume("gui@2.proof.qcow2", "gui@2.qcow2");
  await curedOf(["disposables", "build:gui"], 1);
  assertEquals(await volumes(), ["gui@1.qcow2"]);
});

Deno.test("vms-doctor sweeps the disk of an installation that is over, and no VM's", async () => {
  await volume("new.qcow2");
  await volume("new.10-partition.qcow2", "new.qcow2");
  await volume("new.20-filesystems.qcow2", "new.10-partition.qcow2");
  // Somebody's own, whose name looks like a step's.
  await using _image = await volume("ubuntu-22.04-server.qcow2");
  // It was kept: nobody but who names it deletes it.
  const before = await volumes();
  assertEquals((await doctor("--repair")).cured, []);
  assertEquals(await volumes(), before);
  const named = await doctor("--repair", "new");
  assertEquals(named.cured, ["build:new"]);
  assertEquals(await volumes(), ["ubuntu-22.04-server.qcow2"]);
});

Deno.test("vms-install does not go over the disk of another one", async () => {
  await using _disk = await volume("new.qcow2");
  const base = await run("vms-install", "--dry-run", "new");
  assertEquals(base.code, 4, base.err);
  assert(base.err.includes("vms-doctor --repair new deletes it"), base.err);
  await using _layer = await volume("new.20-filesystems.qcow2", "new.qcow2");
  const layer = await run("vms-install", "--dry-run", "new");
  assertEquals(layer.code, 4, layer.err);
  assert(layer.err.includes("--from=20-filesystems goes on"), layer.err);
  // A command that was killed had not been told to keep it.
  await Deno.writeTextFile("/run/vms/install-new@build.disk", "");
  assertEquals((await run("vms-install", "--dry-run", "new")).code, 0);
  const { ids } = await doctor();
  assertEquals(ids, ["build:new", "runtime:install-new@build.disk"]);
  // The file goes with the disk.
  assertEquals((await doctor("--repair")).cured, ["build:new"]);
  assertEquals((await doctor()).ids, []);
  assertEquals(await volumes(), []);
});

Deno.test("vms-doctor leaves alone what a command is at work on", async () => {
  await using _layer = await volume("gui@build.qcow2");
  const held = new Deno.Command("flock", {
    args: ["/run/vms/lock/template-gui", "sleep", "60"],
  }).spawn();
  try {
    while (
      (await run("flock", "-n", "/run/vms/lock/template-gui", "true")).code ===
        0
    );
    assertEquals((await doctor("--repair")).cured, []);
    assertEquals(await volumes(), ["gui@build.qcow2"]);
  } finally {
    await run("pkill", "-P", `${held.pid}`);
    await held.status;
  }
});

Deno.test("vms-doctor deletes no disk in which there may be data", async () => {
  await using _gui = await volume("gui@1.qcow2");
  await using _version = await domain("gui@1", "template", "gui@1.qcow2");
  await using _young = await volume("young.qcow2", "gui@1.qcow2");
  await using _home = await volume("lost.home.qcow2");
  await using _data = await volume("lost.qcow2");
  await volume("empty.qcow2", "gui@1.qcow2");
  const write = ["qemu-io", "-f", "qcow2", "-c", "write 0 1M"];
  await must(...write, `${IMAGES}/lost.home.qcow2`);
  for (const name of ["empty", "lost", "lost.home"]) {
    await must("touch", "-d", "2 hours ago", `${IMAGES}/${name}.qcow2`);
  }
  await curedOf(["orphan:empty.qcow2"], 1);
  const left = ["gui@1.qcow2", "lost.home.qcow2", "lost.qcow2", "young.qcow2"];
  assertEquals(await volumes(), left);
  const warned = (await doctor()).all.filter(({ id }) => /^orphan/.test(id));
  assertEquals(warned.map(({ level }) => level), Array(3).fill("warning"));
  assertEquals(
    warned.find(({ id }) => id === "orphan:lost.home.qcow2")?.cure,
    "virsh -c qemu:///system vol-delete --pool default -- lost.home.qcow2",
  );
  const named = await doctor("--repair", "lost");
  assertEquals(named.cured, ["orphan:lost.qcow2"]);
  assertEquals((await volumes()).includes("lost.home.qcow2"), true);
});

Deno.test("vms-doctor names what rests on an image that is gone", async () => {
  await using _base = await volume("gui@1.qcow2");
  await using _layer = await volume("web.qcow2", "gui@1.qcow2");
  await using _home = await volume("web.home.qcow2");
  const disks = ["web.qcow2", "web.home.qcow2"] as const;
  await using _web = await domain("web", "appvm on gui@1", ...disks);
  await using _none = await domain("mail", "appvm", "mail.qcow2");
  await Deno.remove(`${IMAGES}/gui@1.qcow2`);
  const { all, ids, code } = await doctor("--repair");
  assertEquals([ids, code], [["chain:mail", "chain:web"], 1]);
  assertEquals(all.filter(({ level }) => level === "error"), [
    {
      id: "chain:mail",
      level: "error",
      what: `"mail" rests on an image that is gone: ${IMAGES}/mail.qcow2`,
      cure: "vms-destroy mail",
      root: false,
    },
    {
      id: "chain:web",
      level: "error",
      what: `"web" rests on an image that is gone: ${IMAGES}/gui@1.qcow2`,
      cure: "vms-rebuild web",
      root: false,
    },
  ]);
});

Deno.test("vms-doctor removes files of commands that were killed", async () => {
  const old = async (path: string) => {
    await must("mkdir", "-p", path.slice(0, path.lastIndexOf("/")));
    await Deno.writeTextFile(path, "x");
  };
  await old("/run/vms/install-gui@build/guest/x");
  await old(
    "/var/lib/libvirt/iso/archlinux-2020.01.01-x86_64.iso.boot/vmlinuz",
  );
  await old("/var/lib/libvirt/qemu/nvram/disp-4711_VARS.fd");
  await old("/var/lib/libvirt/qemu/nvram/former_VARS.fd");
  await old(`${PKG}/gui/download-x/a`);
  try {
    // Young files of unknown commands and downloads are left alone.
    await Deno.writeTextFile("/run/vms/xml-young", "x");
    await curedOf(
      ["runtime:install-gui@build", "kernels", "nvram:disp-4711"],
      1,
    );
    await Deno.stat("/run/vms/xml-young");
    await Deno.stat(`${PKG}/gui/download-x/a`);
    const warned = (await doctor()).all.map(({ id }) => id);
    assert(warned.includes("nvram:former"));
  } finally {
    await run("rm", "/run/vms/xml-young", "-r", `${PKG}/gui`);
    await run("rm", "/var/lib/libvirt/qemu/nvram/former_VARS.fd");
  }
});

Deno.test("vms-doctor tells an ordinary user what needs root", async () => {
  const asAlice = (...words: string[]) =>
    read(run(ENTER, "--user", "alice", "vms-doctor", "--json", ...words));
  const fine = await asAlice();
  assertEquals([fine.ids, fine.code], [[], 0], fine.err);
  await virsh("net-destroy", "vms");
  await Deno.chmod("/var/lib/libvirt/iso", 0o755);
  try {
    const found = await asAlice("--repair");
    assertEquals(found.ids, ["directory:/var/lib/libvirt/iso"]);
    assertEquals(found.cured, ["network"]);
    assertEquals([found.code, found.err.split("\n").at(-1)], [
      6,
      "vms-doctor: try: sudo vms-doctor --repair",
    ]);
    const { cure, root } = found.all.find(({ id }) => id === found.ids[0])!;
    assertEquals([cure, root], [
      "sudo install -d -o root -g libvirt -m 2775 /var/lib/libvirt/iso",
      true,
    ]);
  } finally {
    await must("vms-doctor", "--repair");
  }
});
