import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { metadataXml, type ShareRecord } from "../libvirt/metadata.ts";
import { type SharedDirectory, sharedDirectory } from "../libvirt/share_xml.ts";
import { Virsh } from "../libvirt/virsh.ts";
import { fakeRun } from "../process/fake_run.ts";
import { findShares, listShares, type Share } from "./listing.ts";

const URI = "qemu:///system";
const LIST = [
  " Id   Name   State     Title",
  "--------------------------------------",
  " 1    web    running   appvm on gui@1",
  " -    off    shut off  appvm on gui@1",
  " -    gui@1  shut off  template",
].join("\n");

const GONE = {
  tag: "/mnt/gone",
  directory: "/nowhere/at all",
  daemon: "/usr/lib/vms/vms-virtiofsd-ro",
};
const TMP = {
  tag: "/mnt/a",
  directory: "/tmp",
  daemon: "/usr/lib/vms/vms-virtiofsd-rw",
};
const CACHE = { tag: "pkg-shared", directory: "/run/vms/shared" };

function domain(shared: SharedDirectory[], shares: ShareRecord[]): string {
  const devices = shared.map(sharedDirectory).join("");
  const { text } = metadataXml({ kind: "appvm", shares });
  return "<domain type='qemu'><name>web</name><uuid>u</uuid>" +
    `<metadata>${text}</metadata><memory>1</memory><vcpu>1</vcpu>` +
    `<devices>${devices}</devices></domain>`;
}

Deno.test("listShares() tells what VMs have and get, without the cache", async () => {
  const tmp = { path: "/mnt/a", folder: "/tmp", writable: true };
  const kept = { path: "/mnt/k", folder: "/tmp", writable: false };
  const answers = [
    domain([], [tmp]),
    domain([GONE, TMP, CACHE], []),
    domain([], [kept]),
    domain([], []),
  ];
  const calls = [
    "--inactive -- web",
    "-- web",
    "--inactive -- off",
    "--inactive -- off",
  ];
  const script = calls.map((words) =>
    `dumpxml ${words}; echo =ID=; echo --err =ID=`
  ).join("; ");
  using run = fakeRun([
    [`virsh -c ${URI} list --all --title`, { stdout: LIST }],
    [`virsh -c ${URI} ${script}`, {
      stdout: answers.map((xml) => `${xml}=ID=`).join(""),
      stderr: "error: =ID=\n".repeat(4),
    }],
  ]);
  const found = await listShares(new Virsh(run, URI), undefined);
  const none = { attached: false, kept: false, gone: false };
  assertEquals(found, [
    {
      ...none,
      vm: "web",
      folder: "/nowhere/at all",
      path: "/mnt/gone",
      writable: false,
      attached: true,
      gone: true,
    },
    { ...none, vm: "web", ...tmp, attached: true, kept: true },
    { ...none, vm: "off", ...kept, kept: true },
  ]);
});

Deno.test("findShares() takes a path, a folder, or all", () => {
  const share = (path: string, folder: string): Share => ({
    vm: "web",
    path,
    folder,
    writable: false,
    attached: true,
    kept: false,
    gone: false,
  });
  const shares = [share("/mnt/a", "/srv/a"), share("/mnt/b", "/srv/b")];
  const find = (...words: (string | undefined)[]) =>
    findShares(shares, { vm: "web", words }).map(({ path }) => path);
  assertEquals(find("/mnt/a"), ["/mnt/a"]);
  assertEquals(find("/srv/b/"), ["/mnt/b"]);
  assertEquals(find("b", "/srv/b"), ["/mnt/b"]);
  assertEquals(find(undefined, undefined), ["/mnt/a", "/mnt/b"]);
  assertThrows(
    () => find("/srv/c", undefined),
    Failure,
    'cannot remove "/srv/c": it is not shared with "web"',
  );
});
