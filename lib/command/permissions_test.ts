import { assertEquals } from "@std/assert";
import { type PermissionSet, permissionSet, union } from "./permissions.ts";

const NONE: PermissionSet = permissionSet({ needs: {} });

Deno.test("permissionSet() of a command that needs nothing", () => {
  assertEquals(NONE, {
    read: true,
    write: ["/run/user", "/run/vms"],
    run: [],
    env: [
      "HOME",
      "LIBVIRT_DEFAULT_URI",
      "NO_COLOR",
      "XDG_CONFIG_HOME",
      "XDG_RUNTIME_DIR",
      "XDG_STATE_HOME",
    ],
    net: false,
    sys: [],
  });
});

Deno.test("permissionSet() adds what is declared, sorted and once", () => {
  const set = permissionSet({
    needs: {
      run: ["virsh", "ls", "virsh"],
      write: ["/srv"],
      net: true,
      env: ["DISPLAY"],
      sys: ["uid"],
    },
  });
  assertEquals(set.run, ["ls", "virsh"]);
  assertEquals(set.write, ["/run/user", "/run/vms", "/srv"]);
  assertEquals(set.env[0], "DISPLAY");
  assertEquals([set.net, set.sys], [true, ["uid"]]);
});

Deno.test("permissionSet() writes anywhere for a directory of the user's", () => {
  const { write } = permissionSet({ needs: { write: ["~/.local/state/vms"] } });
  assertEquals(write, true);
});

Deno.test("union() allows what any of them does", () => {
  const sets = [
    NONE,
    { ...NONE, run: ["b"], net: true },
    { ...NONE, run: ["a", "b"], env: ["X"], sys: ["uid"] },
  ];
  const { run, net, sys, env } = union(sets);
  assertEquals([run, net, sys], [["a", "b"], true, ["uid"]]);
  assertEquals(env, [...NONE.env, "X"].sort());
  assertEquals(union([...sets, { ...NONE, write: true }]).write, true);
});

// Revoking cannot be taken back, so it is tried in a process of its own.
Deno.test("giveUp() keeps just what is asked for", async () => {
  const module = new URL("permissions.ts", import.meta.url).href;
  const source = `
    import { giveUp } from ${JSON.stringify(module)};
    const none = ${JSON.stringify({ ...NONE, write: [], env: [] })};
    const have = { ...none, run: ["ls", "cat"], env: ["A", "B"], net: true,
      sys: ["uid", "gid"], write: ["/a", "/b"] };
    giveUp(have, { ...none, run: ["ls"], env: ["A"], sys: ["uid"], write: ["/a"] });
    const state = (query) => Deno.permissions.querySync(query).state;
    console.log([
      state({ name: "run", command: "ls" }), state({ name: "run", command: "cat" }),
      state({ name: "env", variable: "A" }), state({ name: "env", variable: "B" }),
      state({ name: "sys", kind: "uid" }), state({ name: "sys", kind: "gid" }),
      state({ name: "write", path: "/a" }), state({ name: "write", path: "/b" }),
      state({ name: "net" }),
    ].join(" "));
  `;
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, source);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-config",
        "--allow-read",
        "--allow-net",
        "--allow-run=ls,cat",
        "--allow-env=A,B",
        "--allow-sys=uid,gid",
        "--allow-write=/a,/b",
        path,
      ],
    }).output();
    assertEquals(
      new TextDecoder().decode(stdout),
      "granted prompt granted prompt granted prompt granted prompt prompt\n",
    );
  } finally {
    await Deno.remove(path);
  }
});
