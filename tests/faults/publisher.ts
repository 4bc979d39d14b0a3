/**
 * Publishes the next version of a template as `vms-template` does, but installs nothing before: for tests that kill it.
 *
 * usage: publisher TEMPLATE [unproven]
 */

import { fakeContext } from "../../lib/command/fake_context.ts";
import { open } from "../../lib/libvirt/connection.ts";
import { realRun } from "../../lib/process/run.ts";
import { planBuild } from "../../lib/template/plan.ts";
import { publish } from "../../lib/template/publish.ts";
import { underLock } from "../../lib/template/rebuild.ts";

const [template = "", unproven] = Deno.args;
const log = console.error;
const run = realRun({ trace: true, dryRun: false, log });
const context = fakeContext(run, { say: log, warn: log });
const connection = await open(context);
using _held = await underLock(context, template, true);
const plan = await planBuild(connection, context, template, {});
await plan.disk.create();
// Its real proof boots the image, in which nothing is.
const proving = unproven ? () => Promise.resolve(1) : undefined;
await publish(connection, context, plan, { proving });
