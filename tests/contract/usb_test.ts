/**
 * What lib/usb asks of libvirt, answered by the real one: its test driver,
 * with VMs of our own. That driver plugs nothing in, so those calls alone are
 * recorded; that libvirt takes their XML is asked of its schema.
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import { usb } from "../../bin/vms-usb.ts";
import type { Failure } from "../../lib/command/failure.ts";
import { readUsbHostdevs, usbHostdev } from "../../lib/libvirt/usb_xml.ts";
import { change, look, Virsh, XML_FILE } from "../../lib/libvirt/virsh.ts";
import { realRun, type Run } from "../../lib/process/run.ts";
import {
  attach,
  detach,
  findAttached,
  listDevices,
} from "../../lib/usb/attachment.ts";
import { unpackTree, unplug } from "../../lib/usb/recorded_tree.ts";
import { permittedRun } from "../permitted.ts";

const real = realRun({ trace: false, dryRun: false, log() {} });
const sysfs = await unpackTree();

/** A VM; `2` and `12` are where the second stick is plugged in. */
function domain(name: string, { has = "", state = 1, title = "appvm" }) {
  return `<domain type="test" xmlns:test="${TEST}"><name>${name}</name>` +
    `<title>${title}</title><memory>1024</memory><os><type>hvm</type></os>` +
    `<devices>${has}</devices><test:runstate>${state}</test:runstate></domain>`;
}

const TEST = "http://libvirt.org/schemas/domain/test/1.0";
const SHUT_OFF = 5;

const HOST = join(sysfs, "host.xml");
const TITLE = "appvm on gui@3";
await Deno.writeTextFile(
  HOST,
  "<node>" +
    domain("work", {
      title: TITLE,
      has: usbHostdev({ bus: 2, device: 12 }) +
        usbHostdev({ bus: 3, device: 9 }),
    }) +
    domain("web", { title: TITLE }) +
    domain("off", { title: TITLE, state: SHUT_OFF }) +
    domain("foreign", {
      title: "mine",
      has: usbHostdev({ bus: 1, device: 5 }),
    }) +
    "</node>",
);

Deno.test.afterAll(() => Deno.remove(sysfs, { recursive: true }));

/** A connection that records what would be plugged in or out. */
function connection(said = { code: 0, stderr: "" }, uri = `test://${HOST}`) {
  const calls: string[] = [];
  const run = (...[argv, options]: Parameters<Run>) => {
    if (!argv[3]!.endsWith("-device")) return real(argv, options);
    calls.push(`${argv.slice(3).join(" ")} < ${options!.stdin}`);
    return Promise.resolve({ stdout: "", ...said });
  };
  return { calls, virsh: new Virsh(Object.assign(run, real), uri) };
}

async function said(work: Promise<unknown>): Promise<string> {
  const failure: Failure = await work.then(() => {
    throw new Error("it did not fail");
  }).catch((error) => error);
  const { exit, message, hint } = failure;
  return `${exit}: ${message}${hint ? ` / ${hint}` : ""}`;
}

Deno.test("usbHostdev() is what libvirt's schema takes", async () => {
  const virsh = new Virsh(real, "test:///default");
  const xml = domain("new", { has: usbHostdev({ bus: 2, device: 3 }) })
    .replace(/<test:runstate>.*<\/test:runstate>/, "");
  const [defined, dumped] = await virsh.batch([
    change(["define", "--validate", XML_FILE], xml),
    look("dumpxml", "new"),
  ]);
  assertEquals(defined!.error, "");
  assertEquals(readUsbHostdevs(dumped!.stdout), [{ bus: 2, device: 3 }]);
});

Deno.test("listDevices() names the VMs that have devices", async () => {
  const rows = await listDevices(connection().virsh, sysfs);
  const lines = rows.map(({ port, vm, gone }) =>
    `${port} ${vm ?? "-"}${gone ? " gone" : ""}`
  );
  assertEquals(lines, [
    "1-2 foreign",
    "1-3 -",
    "2-1.1 -",
    "2-1.3 -",
    "2-1.4 work",
    "2-10 -",
    "003:009 work gone",
  ]);
});

Deno.test("attach() gives the device at its present address", async () => {
  const { calls, virsh } = connection();
  await attach(virsh, { word: "2-1.3", vm: "web", sysfs });
  assertEquals(calls, [
    "attach-device --live -- web /dev/stdin < " +
    '<hostdev mode="subsystem" type="usb" managed="yes"><source>' +
    '<address bus="2" device="7"/></source></hostdev>',
  ]);
});

for (
  const [name, word, vm, expected] of [
    [
      "a VM that does not run",
      "2-1.3",
      "off",
      'conflict: cannot attach "2-1.3": "off" does not run / vms-start off',
    ],
    [
      "a VM that does not exist",
      "2-1.3",
      "nope",
      'missing: cannot find "nope": no VM has that name / vms-list',
    ],
    [
      "a VM that is not ours",
      "2-1.3",
      "foreign",
      'conflict: cannot work on "foreign": vms did not make that VM ' +
      "/ virsh dominfo foreign",
    ],
    [
      "a device that another VM has",
      "2-1.4",
      "web",
      'conflict: cannot attach "2-1.4": "work" has it ' +
      "/ vms-usb list",
    ],
    [
      "a device that a VM has that is not ours",
      "1-2",
      "web",
      'conflict: cannot attach "1-2": "foreign" has it ' +
      "/ vms-usb list",
    ],
  ] as const
) {
  Deno.test(`attach() refuses ${name}`, async () => {
    const { calls, virsh } = connection();
    assertEquals(await said(attach(virsh, { word, vm, sysfs })), expected);
    assertEquals(calls, []);
  });
}

Deno.test("attach() says that another command was quicker", async () => {
  const stderr = "error: Failed to attach device from /dev/stdin\n" +
    "error: Requested operation is not valid: USB device 002:007 is in use " +
    "by driver QEMU, domain work\n";
  const { virsh } = connection({ code: 1, stderr });
  const words = { word: "2-1.3", vm: "web", sysfs };
  assertEquals(
    await said(attach(virsh, words)),
    'conflict: cannot attach "2-1.3": Failed to attach device from ' +
      "/dev/stdin\nRequested operation is not valid: USB device 002:007 is " +
      "in use by driver QEMU, domain work",
  );
});

Deno.test("attach() does not take devices of this host for another's", async () => {
  const { virsh } = connection(undefined, "qemu+ssh://far/system");
  assertEquals(
    await said(attach(virsh, { word: "2-1.3", vm: "web", sysfs })),
    "host: cannot look for USB devices: qemu+ssh://far/system is another " +
      "host; run vms-usb there",
  );
});

Deno.test("detach() takes a device from the VM that has it", async () => {
  const { calls, virsh } = connection();
  const owner = await findAttached(virsh, { word: "2-1.4", sysfs });
  assertEquals(owner, { bus: 2, device: 12, vm: "work" });
  await detach(virsh, owner);
  assertEquals(calls, [
    "detach-device --live -- work /dev/stdin < " +
    '<hostdev mode="subsystem" type="usb" managed="yes"><source>' +
    '<address bus="2" device="12"/></source></hostdev>',
  ]);
});

Deno.test("findAttached() finds by its address what is gone", async () => {
  const { virsh } = connection();
  const gone = { bus: 3, device: 9, vm: "work" };
  const words = { word: "003:009" };
  assertEquals(await findAttached(virsh, { ...words, sysfs }), gone);
  assertEquals(
    await findAttached(virsh, { ...words, vm: "work", sysfs: "/nowhere" }),
    gone,
  );
});

for (
  const [name, word, vm, expected] of [
    [
      "a device of another VM",
      "2-1.4",
      "web",
      'conflict: cannot detach "2-1.4": "work" has it / vms-usb list',
    ],
    [
      "a device that the VM does not have",
      "1-3",
      "web",
      'conflict: cannot detach "1-3": "web" does not have it / vms-usb list',
    ],
    [
      "a device that was plugged in again",
      "1-3",
      undefined,
      'conflict: cannot detach "1-3": no VM has it since it was plugged in; ' +
      'of what is gone, "work" has 003:009 / vms-usb list',
    ],
    [
      "a VM that does not exist",
      "2-1.4",
      "nope",
      'missing: cannot find "nope": no VM has that name / vms-list',
    ],
  ] as const
) {
  Deno.test(`findAttached() refuses ${name}`, async () => {
    const { virsh } = connection();
    const found = findAttached(virsh, { word, vm, sysfs });
    assertEquals(await said(found), expected);
  });
}

/** The command itself, with just the permissions that it declares. */
async function vmsUsb(...words: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: permittedRun(usb, "bin/vms-usb.ts", words),
    env: { LIBVIRT_DEFAULT_URI: `test://${HOST}` },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

Deno.test("vms-usb list prints names where it is piped, else JSON", async () => {
  const at = `--sysfs=${sysfs}`;
  assertEquals((await vmsUsb("list", at)).out.split("\n").slice(0, 2), [
    "1-2",
    "1-3",
  ]);
  const { out } = await vmsUsb("list", "--json", at);
  assertEquals(JSON.parse(out.split("\n")[4]!), {
    port: "2-1.4",
    id: "0781:5567",
    name: "SanDisk Cruzer Blade",
    serial: "4C530000280817114350",
    vm: "work",
    gone: false,
  });
});

Deno.test("vms-usb attach --dry-run prints the call, and makes none", async () => {
  const words = ["attach", "1050:0407", "web", "--dry-run"];
  const { code, out, error } = await vmsUsb(...words, `--sysfs=${sysfs}`);
  assertEquals([code, out], [0, "web\n"]);
  assertEquals(
    error,
    `+ virsh -c test://${HOST} attach-device --live -- web /dev/stdin ` +
      "<<'END'\n" + usbHostdev({ bus: 1, device: 6 }) + "\nEND\n",
  );
});

Deno.test("vms-usb detach prints the name of the VM that has it, also as JSON", async () => {
  const words = ["detach", "2-1.4", "--dry-run", `--sysfs=${sysfs}`];
  assertEquals((await vmsUsb(...words)).out, "work\n");
  assertEquals((await vmsUsb(...words, "--json")).out, '{"name":"work"}\n');
});

Deno.test("vms-usb ends with 6 where the kernel has no USB", async () => {
  for (const words of [["list"], ["attach", "1-2", "web"]]) {
    assertEquals(await vmsUsb(...words, "--sysfs=/nowhere"), {
      code: 6,
      out: "",
      error: "vms-usb: cannot look for USB devices: there is no " +
        "/nowhere/bus/usb/devices: the kernel of this host has no USB\n",
    });
  }
});

Deno.test("vms-usb refuses a name that is no VM's", async () => {
  const { code, error } = await vmsUsb("attach", "1-2", "../x");
  assertEquals(code, 2);
  assertEquals(
    error.split("\n")[0],
    "vms-usb: cannot understand the command line: vms-usb VM: " +
      '"../x" is not a name: 1 to 63 of a-z, 0-9 and -, not beginning with -',
  );
});

Deno.test("listDevices() shows what was pulled out as gone", async () => {
  const tree = await unpackTree();
  await unplug(tree, "2-1.4");
  const rows = await listDevices(connection().virsh, tree);
  await Deno.remove(tree, { recursive: true });
  assertEquals(rows.filter(({ gone }) => gone).map(({ port }) => port), [
    "002:012",
    "003:009",
  ]);
});
