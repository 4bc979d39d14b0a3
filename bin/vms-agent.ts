/** Ask the agent of a VM. */

import { connectToAgent } from "../lib/agent/connect.ts";
import { exchange, linesOf } from "../lib/agent/exchange.ts";
import { AgentError } from "../lib/agent/session.ts";
import { command } from "../lib/command/declaration.ts";
import { Failure, GuestExit } from "../lib/command/failure.ts";
import { jsonLine } from "../lib/command/output.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { mustRun } from "../lib/libvirt/running.ts";
import { duration } from "../lib/names/values.ts";
import { jsonParams, methodName, RAW } from "../lib/agent/question.ts";
import { VM } from "../lib/vm/operands.ts";

export const vmsAgent = command({
  name: "vms-agent",
  summary: "Ask the agent of a VM, by JSON-RPC",
  description: [
    "Calls METHOD of the agent in a VM that runs, and prints the result as one line of JSON. An error of the agent is printed on standard output as the JSON-RPC error object, and the exit code is 1.",
    "Methods: ping, get_agent_info, get_system_info, get_network_info, get_disk_usage, exec_command, file_read, file_write, shutdown, reboot. PARAMS is a JSON object or array. What may be asked for says /etc/vms/agent.toml in the VM: paths, programs, sizes and times.",
    "Without METHOD, or with - in its place, requests are read from standard input, one line of JSON each: a request, a notification or a batch, sent byte for byte when the one before is answered. Each answer is printed as one line; a line of notifications alone has none. The exit code is 0 where every line was answered, whatever the answers say. Methods that come with raw bytes (program_input) are not for this: vms-exec(1) speaks them.",
    "The answer is the guest's word and nothing more. Characters in it that control a terminal, are not seen or turn the direction of writing are escaped, as JSON has it.",
  ],
  needs: { run: ["virsh"], write: ["/run/vms", "/run/user"], net: true },
  exits: { conflict: "the VM is off or paused, or all ports are in use" },
  examples: [
    ["vms-agent work-client1 get_system_info", "what it says of itself"],
    [
      'vms-agent web exec_command \'{"command": "uptime"}\'',
      "with parameters",
    ],
    [
      `echo '[{"jsonrpc":"2.0","id":1,"method":"ping"}]' | vms-agent web -`,
      "a batch, as it is",
    ],
  ],
  operands: [
    VM,
    {
      name: "METHOD",
      help: "what to ask; - reads requests from standard input",
      optional: true,
      check: methodName,
    },
    {
      name: "PARAMS",
      help: "JSON object or array",
      optional: true,
      check: jsonParams,
    },
  ],
  options: {
    timeout: {
      value: "TIME",
      default: "6m",
      help: "longest time for the answer",
      as: duration,
    },
  },
  async run({ operands }, { timeout }, context) {
    const [name = "", method = RAW, params] = operands;
    const raw = method === RAW;
    if (raw && params !== undefined) {
      const what = "cannot understand the command line";
      const why = "PARAMS stands in the lines on standard input";
      throw new Failure("usage", what, why, "vms-agent --help");
    }
    const connection = await open(context);
    if (context.dryRun) {
      const what = `cannot reach the agent of "${name}"`;
      mustRun(await listDomains(connection.virsh), name, what);
      return context.say(`would call ${raw ? "what is read" : method} there`);
    }
    await using agent = await connectToAgent(connection, name);
    const print = (answer: unknown) => context.out.text(jsonLine(answer));
    if (raw) {
      const lines = linesOf(Deno.stdin.readable);
      return await exchange(agent, lines, timeout, print);
    }
    try {
      const given = jsonParams(params ?? "{}");
      print(await agent.call(method, given, timeout) ?? null);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      const { code, message } = error;
      print({ code, message });
      throw new GuestExit(1);
    }
  },
});

if (import.meta.main) await main(vmsAgent);
