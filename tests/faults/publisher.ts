/**
 * Publishes the next version of a template as `vms-template` does, but installs nothing before: for tests that kill it.
 *
 * usage: publisher TEMPLATE [flat] [unproven]
 */

import { fakeContext } from "../../lib/command/fake_context.ts";
import { open } from "../../lib/libvirt/connection.ts";
import { realRun } from "../../lib/process/run.ts";
import { flatten } from "../../lib/template/flatten.ts";
import { planBuild } from "../../lib/template/plan.ts";
import { publish } from "../../lib/template/publish.ts";
import { underLock } from "../../lib/template/rebuild.ts";

const [template = "", ...words] = Deno.args;
const log = console.error;
const run = realRun({ trace: true, dryRun: false, log });
const context = fakeContext(run, { say: log, warn: log });
const connection = await open(context);
using _held = await underLock(context, template, true);
// Its real proof boots the image, in which nothing is.
const unproven = words.includes("unproven");
const proving = unproven ? () => Promise.resolve(1) : undefined;
if (words.includes("flat")) {
  await flatten(connection, context, template, proving);
} else {
  const plan = await planBuild(connection, context, template, {});
  await plan.disk.create();
  await publish(connection, context, plan, { proving });
}
