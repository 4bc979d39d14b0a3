/** Warm images, forks of them, and pools of forks. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import {
  alice,
  eventually,
  fails,
  inGuest,
  restartLibvirtd,
  run,
  virsh,
  vms,
  volumes,
} from "../e2e/vms.ts";

const IMAGES = "/var/lib/libvirt/images";

/** Set by the first tests. */
let stem = "";
let kept: string[] = [];

async function dispose(...words: string[]) {
  const ran = await run(["vms-dispose", "--trace", "minimal", ...words]);
  const booted = /# minimal@1 is booted and not forked: (.*)/.exec(ran.stderr);
  return { ...ran, booted: booted?.[1] };
}

async function nothingLeft() {
  assertEquals(await volumes(), kept);
  assertEquals(await vms("list"), "");
}

async function spares(): Promise<string[]> {
  const names = await vms("list", "--kind=spare");
  return names.split("\n").filter(Boolean).sort();
}

Deno.test("a version is frozen, beside its image", async () => {
  assertEquals(await vms("warm", "list"), "");
  assertEquals(await vms("warm", "bake", "minimal"), "minimal@1\n");
  assertMatch(
    await vms("warm", "list", "--json"),
    /^{"name":"minimal@1","size":\d+,"state":"ready"}\n$/,
  );
  kept = await volumes();
  const memory = kept.find((name) => name.endsWith(".mem"))!;
  assertMatch(memory, /^minimal@1\.warm-[0-9a-f]{8}\.mem$/);
  stem = memory.replace(/\.mem$/, "");
  const { mode, uid } = await Deno.stat(`${IMAGES}/${memory}`);
  assertEquals(mode! & 0o777, 0o600);
  assert(uid !== 0, "QEMU must open it");
});

Deno.test("forks answer like a disposable that booted, and have nothing in common", async () => {
  const script =
    "hostname; cat /etc/machine-id /proc/sys/kernel/random/boot_id;" +
    " head -c 32 /dev/urandom | base64;" +
    " sudo ssh-keygen -qt ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key;" +
    " tail -c 60 /etc/ssh/ssh_host_*.pub; date +%s";
  const seen: string[][] = [];
  for (let i = 0; i < 2; i++) {
    const ran = await dispose("--", "sh", "-c", script);
    assertEquals([ran.code, ran.booted], [0, undefined], ran.stderr);
    const lines = ran.stdout.trim().split("\n");
    assert(Math.abs(Number(lines.pop()) - Date.now() / 1000) < 60, "clock");
    seen.push(lines);
  }
  const [one, other] = seen;
  assertMatch(one![0]!, /^disp-\d{4}$/);
  assertEquals(one!.length, other!.length);
  const shared = one!.filter((line) => other!.includes(line));
  assertEquals(shared, []);
  await eventually(nothingLeft);
});

Deno.test("input, output and exit code go through a fork as they are", async () => {
  const child = new Deno.Command("vms-dispose", {
    args: ["minimal", "--", "sh", "-c", "cat; echo err >&2; exit 7"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  void new Response(bytes).body!.pipeTo(child.stdin).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  assertEquals(code, 7);
  assertEquals(stdout, bytes);
  assertMatch(new TextDecoder().decode(stderr), /^err$/m);
});

Deno.test("a fork gets its network, and an ordinary user uses forks", async () => {
  const ran = await alice(
    "vms-dispose",
    "minimal",
    "--",
    "sh",
    "-c",
    "id -un; nm-online --quiet --timeout=180 && ip -4 -br address",
  );
  assertEquals(ran.code, 0, ran.stderr);
  assertMatch(ran.stdout, /^user\n/);
  assertMatch(ran.stdout, /UP +192\.168\.122\.\d+/);
});

for (
  const [words, why] of [
    [["--cold"], "a cold boot was asked for"],
    [["--memory=2G"], "its warm image has another size of memory"],
    [["--vcpus=3"], "its warm image has another number of CPUs"],
    [["--shares"], "memory that shares can use cannot be forked"],
  ] as const
) {
  Deno.test(`vms-dispose ${words.join(" ")} boots, and says why`, async () => {
    const ran = await dispose(...words, "--dry-run", "--", "true");
    assertEquals([ran.code, ran.booted], [0, why], ran.stderr);
  });
}

async function firstOf(path: string, bytes: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const first = new Uint8Array(bytes);
  await file.read(first);
  return first;
}

Deno.test("a warm image that is not whole is not forked", async () => {
  const { size } = await Deno.stat(`${IMAGES}/${stem}.state`);
  const cut = /cannot fork .*: its warm image is not whole/;
  for (
    const [part, garbage, why] of [
      ["mem", undefined, cut],
      ["qcow2", undefined, cut],
      ["state", undefined, cut],
      // As long as it was, and not what it was: QEMU notices.
      ["state", new Uint8Array(size).fill(7), /cannot fork .*: ./],
    ] as const
  ) {
    const path = `${IMAGES}/${stem}.${part}`;
    await Deno.rename(path, `${path}.away`);
    await Deno.writeFile(path, garbage ?? await firstOf(`${path}.away`, 4096));
    const ran = await dispose("--detach");
    await Deno.rename(`${path}.away`, path);
    assertEquals(ran.code, 0, ran.stderr);
    assertMatch(ran.booted!, why, part);
    await vms("stop", "--force", "--timeout=0", ran.stdout.trim());
    await eventually(nothingLeft);
  }
});

Deno.test("a warm image of another QEMU is not forked, and the list says so", async () => {
  const xml = await virsh("dumpxml", "minimal@1");
  const key = / key="([0-9a-f]+)"/.exec(xml)![1]!;
  const define = async (text: string) => {
    const ran = await run(["virsh", "define", "/dev/stdin"], { stdin: text });
    assertEquals(ran.code, 0, ran.stderr);
  };
  await define(xml.replace(key, "0".repeat(key.length)));
  const why = "its warm image is of another QEMU, kernel, processor or vms";
  const { booted } = await dispose("--dry-run", "--", "true");
  assertEquals(booted, why);
  const [listed] = (await vms("warm", "list", "--json")).split("\n");
  assertEquals(JSON.parse(listed!).state, why);
  await define(xml);
});

Deno.test("vms-clone --start runs at once, and boots from its own disks the next time", async () => {
  await vms("clone", "--start", "minimal", "forked");
  assertMatch(await virsh("dumpxml", "forked"), /<qemu:arg value=.-incoming/);
  const inactive = await virsh("dumpxml", "--inactive", "forked");
  assertEquals(inactive.includes("qemu:arg"), false);
  const id = inactive.match(/<uuid>(.*)<\/uuid>/)![1]!.replaceAll("-", "");
  const look = async () => {
    const words = [
      "sh",
      "-c",
      "hostname; cat /etc/machine-id; cat work; id -un",
    ];
    const ran = await run(["vms-exec", "forked", "--", ...words]);
    return ran.stdout;
  };
  await vms("exec", "forked", "--", "sh", "-c", "echo mine > work");
  const wanted = `forked\n${id}\nmine\nuser\n`;
  assertEquals(await look(), wanted);
  assertMatch(
    await inGuest("forked", "findmnt", "-no", "SOURCE", "/home"),
    /vdb/,
  );
  const shadow = await inGuest("forked", "getent", "shadow", "user");
  assertMatch(shadow, /^user:\$/);
  await fails(4, "forked", "snapshot", "create", "--memory", "forked", "one");
  const folder = `${Deno.env.get("HOME")}/for-forks`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.chown(folder, 1100, 1100);
  const why = "it was started with memory that is not shared with the host";
  await fails(4, why, "share", "forked", folder);
  await Deno.remove(folder);
  await vms("stop", "forked");
  await vms("start", "--wait", "forked");
  assertEquals(await look(), wanted);
  assertEquals((await virsh("dumpxml", "forked")).includes("qemu:arg"), false);
  // Its layer rests on the frozen disk, which stays for as long as that.
  await vms("warm", "drop", "minimal");
  assertEquals(await vms("warm", "list"), "");
  assertEquals((await volumes()).includes(`${stem}.qcow2`), true);
  await vms("destroy", "--force", "forked");
  await vms("warm", "bake", "minimal");
  kept = await volumes();
  assertEquals(kept.includes(`${stem}.qcow2`), false);
});

Deno.test("a fork that is rebooted, or whose libvirtd is killed, is gone when it ends", async () => {
  const name = (await vms("dispose", "--detach", "minimal")).trim();
  await restartLibvirtd("--kill");
  assertEquals(await vms("exec", name, "--", "hostname"), `${name}\n`);
  await run(["virsh", "reboot", "--mode", "agent", name]);
  await eventually(nothingLeft, 120);
});

Deno.test("vms-dispose killed with -9 while it forks leaves nothing for long", async () => {
  for (const after of [150, 400, 700]) {
    const child = new Deno.Command("vms-dispose", {
      args: ["minimal", "--", "sleep", "600"],
      stdout: "null",
      stderr: "null",
    }).spawn();
    await new Promise((done) => setTimeout(done, after));
    child.kill("SIGKILL");
    await child.status;
  }
  assertEquals((await dispose("--", "true")).code, 0);
  await eventually(nothingLeft);
});

Deno.test("a pool is filled, and two at once never get the same", async () => {
  await fails(3, "no published version", "pool", "set", "nothing", "1");
  await fails(2, "must be a number", "pool", "set", "minimal", "many");
  await vms("pool", "set", "minimal", "2");
  const ready = await spares();
  assertEquals(ready.length, 2);
  assertEquals(await vms("list"), "", "spares are nobody's yet");
  const ran = await Promise.all(
    [1, 2, 3].map(() => dispose("--", "hostname")),
  );
  const names = ran.map(({ stdout }) => stdout.trim());
  assertEquals(ran.map(({ code }) => code), [0, 0, 0], ran[0]!.stderr);
  assertEquals(new Set(names).size, 3);
  assertEquals(names.filter((name) => ready.includes(name)).length, 2);
  await eventually(async () => {
    const state = JSON.parse(await vms("pool", "status", "--json"));
    assertEquals(state, { name: "minimal", wanted: 2, ready: 2, why: "" });
  });
});

Deno.test("a spare that was resumed by hand, or is half made, is of no use", async () => {
  const [first, second] = await spares();
  await virsh("resume", first!);
  // What fills pools may be quicker: it is of no use then, either.
  await run(["virsh", "resume", second!]);
  await new Promise((done) => setTimeout(done, 2000));
  await run(["virsh", "suspend", second!]);
  const child = new Deno.Command("vms-pool", {
    args: ["set", "minimal", "3"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  await new Promise((done) => setTimeout(done, 600));
  child.kill("SIGKILL");
  await child.status;
  await vms("pool", "set", "minimal", "3");
  // What fills it may be another that was at it already.
  await eventually(async () => {
    const now = await spares();
    const left = [first!, second!].filter((one) => now.includes(one));
    assertEquals([now.length, left], [3, []]);
  });
});

Deno.test("a spare whose QEMU was killed is replaced, and nothing is left of it", async () => {
  const [first] = await spares();
  const file = `/run/libvirt/qemu/${first}.pid`;
  Deno.kill(Number(await Deno.readTextFile(file)), "SIGKILL");
  await eventually(async () => {
    assertEquals((await spares()).includes(first!), false);
  });
  await eventually(async () => {
    // Another may be filling it just now.
    await vms("pool", "refill");
    assertEquals((await spares()).length, 3);
    const left = (await volumes()).filter((name) =>
      name.startsWith(`${first}.`)
    );
    assertEquals(left, []);
  });
});

Deno.test("two users have pools of their own", async () => {
  const before = await spares();
  await alice("vms-pool", "set", "minimal", "1");
  assertEquals((await spares()).length, before.length + 1);
  const drained = await vms("pool", "drain");
  assertEquals(drained.trim().split("\n").sort(), before);
  assertEquals((await spares()).length, 1);
  assertEquals((await alice("vms-pool", "set", "minimal", "0")).code, 0);
  await vms("pool", "set", "minimal", "0");
  await eventually(nothingLeft);
});

Deno.test("a spare of another user is not taken", async () => {
  assertEquals((await alice("vms-pool", "set", "minimal", "1")).code, 0);
  const [hers] = await spares();
  const ran = await dispose("--", "hostname");
  assertEquals([ran.code, ran.booted], [0, undefined], ran.stderr);
  assertNotEquals(ran.stdout.trim(), hers);
  assertEquals(await spares(), [hers]);
  assertEquals((await alice("vms-pool", "set", "minimal", "0")).code, 0);
  await eventually(nothingLeft);
});

Deno.test("spares of an older warm image are ended, and others made", async () => {
  await vms("pool", "set", "minimal", "1");
  const before = await spares();
  await vms("warm", "bake", "minimal");
  const after = await spares();
  assertEquals([after.length, after[0] === before[0]], [1, false]);
  await vms("pool", "set", "minimal", "0");
  await eventually(async () => assertEquals(await spares(), []));
  await vms("template", "prune");
  const left = (await volumes()).filter((name) => name.includes(".warm-"));
  assertEquals(left.length, 3, left.join(" "));
});
