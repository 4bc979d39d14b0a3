/**
 * The end of a guest, with programs of systemd that only write down what they
 * are told: nothing but a guest can really be shut down.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { AgentError } from "../../lib/agent/session.ts";
import { type LocalAgent, withAgent } from "../../tests/local_agent.ts";

/** The timer runs at once, and with it what it was given after `--`. */
const programs = {
  "systemd-run":
    'echo "$@" >> FOLDER/timer; while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
  systemctl: 'echo "$@" >> FOLDER/systemctl',
};

async function read({ folder }: LocalAgent, name: string): Promise<string> {
  return await Deno.readTextFile(`${folder}/${name}`).catch(() => "");
}

const TIMER = "--quiet --collect --on-active=WAITms " +
  "--timer-property=AccuracySec=1ms -- systemctl";

const CASES: [
  method: string,
  params: object,
  wait: number,
  words: string,
  message: string,
][] = [
  ["shutdown", {}, 100, "poweroff --no-block", "shutdown in 0 s"],
  ["reboot", {}, 100, "reboot --no-block", "reboot in 0 s"],
  [
    "shutdown",
    { timeout_seconds: 90 },
    90_100,
    "poweroff --no-block",
    "shutdown in 90 s",
  ],
  [
    "reboot",
    { timeout_seconds: 3600, force: true },
    3_600_100,
    "reboot --force --no-block",
    "reboot in 3600 s",
  ],
  [
    "shutdown",
    [0.5, true],
    600,
    "poweroff --force --no-block",
    "shutdown in 0.5 s",
  ],
];

for (const [method, params, wait, words, message] of CASES) {
  withAgent(`${method} ${JSON.stringify(params)}`, async (agent) => {
    const said = await agent.session.call(method, params);
    assertEquals(said, { initiated: true, message });
    assertEquals(
      await read(agent, "timer"),
      `${TIMER.replace("WAIT", `${wait}`)} ${words}\n`,
    );
    assertEquals(await read(agent, "systemctl"), `${words}\n`);
  }, { programs });
}

withAgent("an end that cannot be is not promised", async (agent) => {
  for (const method of ["shutdown", "reboot"]) {
    const { code, message } = await assertRejects(
      () => agent.session.call(method),
      AgentError,
    );
    const verb = method === "shutdown" ? "poweroff" : "reboot";
    assertEquals([code, message], [-32000, `cannot ${verb}: no bus`]);
  }
}, {
  programs: { ...programs, "systemd-run": "echo no bus >&2; exit 1" },
});

withAgent("an end that is wrongly asked for does not come", async (agent) => {
  const wrong = [
    { timeout_seconds: -1 },
    { timeout_seconds: 1e9 },
    { timeout_seconds: "5" },
    { force: "yes" },
  ];
  for (const params of wrong) {
    const { code } = await assertRejects(
      () => agent.session.call("shutdown", params),
      AgentError,
    );
    assertEquals(code, -32602);
  }
  assertEquals(await read(agent, "timer"), "");
}, { programs });
