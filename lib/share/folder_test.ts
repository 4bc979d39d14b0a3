import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { refusal, refusalToWrite, resolveFolder } from "./folder.ts";

const RULES = {
  home: "/home/me",
  images: "/var/lib/libvirt/images",
  state: "/home/me/.local/state/vms",
};

const REFUSED: [folder: string, why: string][] = [
  ["/", "it is the whole system"],
  ["/home/me", "it is your home"],
  ["/home", "your home lies in it"],
  ["/home/me/.ssh", "it lies in /home/me/.ssh"],
  ["/home/me/.ssh/keys", "it lies in /home/me/.ssh"],
  ["/home/me/.gnupg", "it lies in /home/me/.gnupg"],
  ["/home/me/.local/share", "/home/me/.local/share/keyrings lies in it"],
  ["/home/me/.local", "/home/me/.local/state/vms lies in it"],
  ["/home/me/.local/state", "/home/me/.local/state/vms lies in it"],
  ["/home/me/.local/state/vms", "it lies in /home/me/.local/state/vms"],
  [
    "/home/me/.local/state/vms/passwords",
    "it lies in /home/me/.local/state/vms",
  ],
  ["/home/me/.password-store/bank", "it lies in /home/me/.password-store"],
  [
    "/home/me/.local/share/kwalletd",
    "it lies in /home/me/.local/share/kwalletd",
  ],
  ["/home/me/.aws", "it lies in /home/me/.aws"],
  ["/home/me/.azure", "it lies in /home/me/.azure"],
  ["/home/me/.docker", "it lies in /home/me/.docker"],
  ["/home/me/.kube/cache", "it lies in /home/me/.kube"],
  ["/home/me/.config", "/home/me/.config/gcloud lies in it"],
  ["/home/me/.config/gcloud", "it lies in /home/me/.config/gcloud"],
  ["/home/me/.config/gh", "it lies in /home/me/.config/gh"],
  ["/home/me/.mozilla/firefox", "it lies in /home/me/.mozilla"],
  ["/home/me/.thunderbird", "it lies in /home/me/.thunderbird"],
  [
    "/home/me/.config/BraveSoftware",
    "it lies in /home/me/.config/BraveSoftware",
  ],
  ["/home/me/.config/chromium", "it lies in /home/me/.config/chromium"],
  [
    "/home/me/.config/google-chrome/Default",
    "it lies in /home/me/.config/google-chrome",
  ],
  [
    "/home/me/.config/microsoft-edge",
    "it lies in /home/me/.config/microsoft-edge",
  ],
  ["/home/me/.config/mozilla/firefox", "it lies in /home/me/.config/mozilla"],
  ["/home/me/.config/vivaldi", "it lies in /home/me/.config/vivaldi"],
  ["/home/me/.var", "/home/me/.var/app lies in it"],
  ["/etc", "it lies in /etc, which belongs to the system"],
  ["/usr/share/doc", "it lies in /usr, which belongs to the system"],
  ["/run/user/1000", "it lies in /run, which belongs to the system"],
  ["/var/lib/libvirt/images/x", "the disks of VMs lie there"],
  ["/var/lib", "the disks of VMs lie there"],
  ["/tmp", "it belongs to everybody"],
  ["/mnt", "it belongs to everybody"],
];

for (const [folder, why] of REFUSED) {
  Deno.test(`refusal(): ${folder} is not given away`, () => {
    assertEquals(refusal(folder, RULES), why);
  });
}

for (
  const folder of [
    "/home/me/client1",
    "/home/me/.sshfs",
    "/home/me/.config/vms",
    "/home/me/.local/state/vmstat",
    "/home/mean/shared",
    "/srv/data",
    "/tmp/mine",
    "/usrlocal",
  ]
) {
  Deno.test(`refusal(): ${folder} may be given away`, () => {
    assertEquals(refusal(folder, RULES), undefined);
  });
}

Deno.test("refusal(): a home in a system folder is the user's", () => {
  const rules = { ...RULES, home: "/root", state: "/root/.local/state/vms" };
  assertEquals(refusal("/root/client1", rules), undefined);
  assertEquals(refusal("/root/.ssh", rules), "it lies in /root/.ssh");
});

Deno.test("refusal(): what vms keeps is secret wherever it lies", () => {
  const rules = { ...RULES, state: "/srv/state/vms" };
  assertEquals(refusal("/srv/state", rules), "/srv/state/vms lies in it");
  assertEquals(
    refusal("/srv/state/vms/log", rules),
    "it lies in /srv/state/vms",
  );
});

async function withHome(work: (home: string) => Promise<void>) {
  const home = await Deno.realPath(await Deno.makeTempDir());
  try {
    await work(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

function given(home: string, more: { rw?: boolean; force?: boolean } = {}) {
  const rules = { ...RULES, home, state: join(home, "state") };
  return { rules, rw: false, force: false, uid: Deno.uid(), ...more };
}

async function refuses(word: string, options: ReturnType<typeof given>) {
  return await assertRejects(() => resolveFolder(word, options), Failure);
}

Deno.test("resolveFolder() follows links before it judges", () =>
  withHome(async (home) => {
    await Deno.mkdir(join(home, ".ssh"));
    await Deno.mkdir(join(home, "work"));
    await Deno.symlink(".ssh", join(home, "keys"));
    await Deno.symlink("work", join(home, "w"));
    assertEquals(
      await resolveFolder(join(home, "w"), given(home)),
      join(home, "work"),
    );
    const error = await refuses(join(home, "keys"), given(home));
    assertEquals(error.exit, "conflict");
    assertEquals(
      error.why,
      `it lies in ${home}/.ssh; --force does it nevertheless`,
    );
    const forced = given(home, { force: true });
    assertEquals(
      await resolveFolder(join(home, "keys"), forced),
      join(home, ".ssh"),
    );
  }));

Deno.test("resolveFolder() refuses what is not there, or no folder", () =>
  withHome(async (home) => {
    const missing = await refuses(join(home, "none"), given(home));
    assertEquals([missing.exit, missing.why], [
      "missing",
      "there is no such folder",
    ]);
    await Deno.writeTextFile(join(home, "file"), "");
    const file = await refuses(
      join(home, "file"),
      given(home, { force: true }),
    );
    assertEquals([file.exit, file.why], ["conflict", "it is not a folder"]);
  }));

Deno.test("resolveFolder() refuses a name that virtiofsd cannot take", () =>
  withHome(async (home) => {
    const why = "virtiofsd takes no comma and no control character in a name";
    for (const name of ["a,b", "a\nb"]) {
      await Deno.mkdir(join(home, name));
      const error = await refuses(
        join(home, name),
        given(home, { force: true }),
      );
      assertEquals(error.why, why);
    }
  }));

Deno.test("refusalToWrite(): one's own folder, or as root any but root's", () => {
  assertEquals(refusalToWrite(1000, 1000), undefined);
  assertEquals(refusalToWrite(1000, 0), undefined);
  const roots = "it is root's, and so would be what the VM writes";
  assertEquals(refusalToWrite(0, 0), roots);
  assertEquals(refusalToWrite(0, 1000), roots);
  assertEquals(
    refusalToWrite(1000, 1000, 0),
    "its group is root's, and so would be that of what the VM writes",
  );
  assertEquals(refusalToWrite(1000, 1000, 985), undefined);
  assertEquals(
    refusalToWrite(1001, 1000),
    "it is not yours, and what the VM writes would be its owner's",
  );
});
