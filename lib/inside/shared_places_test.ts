import { assertEquals, assertRejects } from "@std/assert";
import { inFolder } from "../../tests/tree_world.ts";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import type { Listed } from "../libvirt/domain.ts";
import { type Expected, listed, withLibvirt } from "../libvirt/fake_virsh.ts";
import { sharedDirectory } from "../libvirt/share_xml.ts";
import { printable } from "../names/names.ts";
import { fakeRun } from "../process/fake_run.ts";
import { copy } from "./copy.ts";
import {
  demandOurs,
  findShared,
  wayTo,
  writableFolders,
} from "./shared_places.ts";

const vm = (name: string, state: Listed["state"]): Listed => ({
  name,
  state,
  kind: "appvm",
});

/** What libvirt says of VMs: one with folders, and others. */
function world(rw: string, ro = "/nowhere"): Expected[] {
  const given = [
    { tag: "/mnt/rw", directory: rw, daemon: "/x/vms-virtiofsd-rw" },
    { tag: "/mnt/ro", directory: ro, daemon: "/x/vms-virtiofsd-ro" },
    { tag: "pkg-shared", directory: "/run" },
  ];
  const devices = given.map(sharedDirectory).join("");
  const xml = `<domain><devices>${devices}</devices></domain>`;
  return [
    listed([vm("web", "running"), vm("off", "shut off"), vm("b", "paused")]),
    ["virsh dumpxml -- web", { stdout: xml }],
    ["virsh dumpxml -- b", { error: "Domain not found" }],
  ];
}

Deno.test("writableFolders() are those that VMs may write to now", async () => {
  const found = await withLibvirt(
    world("/home/me/out"),
    ({ virsh }) => writableFolders(virsh),
  );
  assertEquals(found, [{ vm: "web", folder: "/home/me/out" }]);
});

Deno.test("findShared() finds what lies in a folder, or holds one", () =>
  inFolder(async (path) => {
    const home = await Deno.realPath(path);
    for (const name of ["out/in", "other", "outside"]) {
      await Deno.mkdir(`${home}/${name}`, { recursive: true });
    }
    await Deno.writeTextFile(`${home}/other/secret`, "");
    await Deno.symlink(`${home}/other`, `${home}/out/link`);
    await Deno.symlink("out/link", `${home}/way`);
    await Deno.symlink("loop", `${home}/loop`);
    const shared = { vm: "web", folder: `${home}/out` };
    const finds = async (...paths: string[]) =>
      await findShared([shared], paths.map((one) => `${home}/${one}`)) ===
        shared;
    for (
      const one of [
        "out",
        "out/",
        "out/in",
        "out/none",
        "out/none/deeper",
        ".",
        "",
        // Over what the guest has made, and out again.
        "out/link/secret",
        "way/secret",
        "other/../out",
      ]
    ) {
      assertEquals(await finds(one), true, one);
    }
    for (const one of ["other", "outside", "other/secret", "none", "loop"]) {
      assertEquals(await finds(one), false, one);
    }
    assertEquals(await finds("other", "out/in"), true);
    assertEquals(await findShared([], [`${home}/out`]), undefined);
  }));

Deno.test("wayTo() begins where the process is", async () => {
  assertEquals((await wayTo("none")).at(-1), `${Deno.cwd()}/none`);
  assertEquals(await wayTo("/../none/."), ["/", "/", "/none", "/none"]);
});

interface Copied {
  from?: string;
  to?: string;
}

/** A copy from or to a VM; it ends before the agent, which is not there. */
function copied(folder: string, { from, to }: Copied) {
  const words = {
    from: from ? { paths: [from], text: from } : {
      vm: "web",
      paths: ["notes"],
      text: "web:notes",
    },
    to: to
      ? { paths: [to], text: to }
      : { vm: "web", paths: [""], text: "web:" },
  };
  const context = fakeContext(fakeRun([]));
  return withLibvirt(world(folder), async (connection) => {
    const options = { force: false, root: false };
    const error = await assertRejects(
      () => copy(connection, context, words, options),
      Failure,
    );
    return { exit: error.exit, message: error.message, said: context.said };
  });
}

Deno.test("copy() refuses places of this host that a VM writes to", () =>
  inFolder(async (path) => {
    const home = await Deno.realPath(path);
    await Deno.mkdir(`${home}/out`);
    await Deno.writeTextFile(`${home}/out/x`, "x");
    const why = `"web" can put links in ${printable(`${home}/out`)} meanwhile`;
    const from = await copied(`${home}/out`, { from: `${home}/out/x` });
    assertEquals(from, {
      exit: "conflict",
      message: `cannot copy ${home}/out/x to web:: ${why}`,
      said: [],
    });
    for (const to of [`${home}/out`, `${home}/out/new`]) {
      const { exit, message } = await copied(`${home}/out`, { to });
      assertEquals([exit, message], [
        "conflict",
        `cannot copy web:notes to ${to}: ${why}`,
      ]);
    }
    const { said } = await withLibvirt(world(`${home}/out`), (connection) => {
      const context = fakeContext(fakeRun([]));
      const words = {
        from: { paths: [], text: "" },
        to: { paths: [], text: "" },
      };
      const force = { force: true };
      return demandOurs(connection, context, words, [`${home}/out`], force)
        .then(() => context);
    });
    assertEquals(said, [`warning: ${why}`]);
  }));
