/** The agent as a whole: what is said on its port, over pipes and a socket. */

import { assertEquals } from "@std/assert";
import { type Connect, inSocket } from "../../tests/agent_port.ts";
import {
  Conversation,
  demandAnswers,
  demandReady,
} from "../../tests/conversation.ts";
import {
  EXCHANGES,
  IN_TURN,
  INSIDE,
  LEAVING,
  PING,
  SMALL,
} from "../../tests/exchanges.ts";
import { unmetAgent } from "../../tests/local_agent.ts";
import { readVersion } from "./version.ts";

const FAST = { policy: "max_requests_per_second = 10000" };

Deno.test("JSON-RPC over pipes", async (test) => {
  await using agent = await unmetAgent(FAST);
  await using conversation = new Conversation(agent.wire);
  await conversation.meet();
  for (const exchange of EXCHANGES) {
    const { name } = exchange;
    await test.step(name, () => demandAnswers(conversation, exchange));
  }
});

Deno.test("JSON-RPC over a socket", async (test) => {
  await inSocket(FAST, async (connect) => {
    await using conversation = new Conversation(await connect());
    await conversation.meet();
    for (const exchange of EXCHANGES) {
      const { name } = exchange;
      await test.step(name, () => demandAnswers(conversation, exchange));
    }
  });
});

Deno.test("what a host leaves behind is not the next one's", async (test) => {
  await inSocket(FAST, async (connect) => {
    for (const leaving of LEAVING) {
      await test.step(leaving.name, async () => {
        const first = new Conversation(await connect());
        await first.meet();
        await first.send(...leaving.left);
        await first[Symbol.asyncDispose]();
        await using next = new Conversation(await connect());
        await next.meet();
        await demandAnswers(next, leaving);
      });
    }
  });
});

const pause = (milliseconds: number) =>
  new Promise((done) => setTimeout(done, milliseconds));

/** Be a host for a while, which the agent sees come and go. */
async function visit(
  connect: Connect,
  work: (conversation: Conversation) => Promise<unknown>,
) {
  {
    await using conversation = new Conversation(await connect());
    await work(conversation);
  }
  await pause(500);
}

Deno.test("each host is told that the agent is ready, and needs no handshake", async () => {
  const version = await readVersion();
  await inSocket(FAST, async (connect) => {
    for (let i = 0; i < 2; i++) {
      await visit(connect, (host) => demandReady(host, version));
    }
    await visit(connect, async (silent) => {
      await silent.told();
      await pause(1500);
    });
    await visit(connect, (host) => demandReady(host, version));
  });
});

Deno.test("the agent stays with a host that is silent, and leaves after it", async () => {
  await inSocket({ ...FAST, idle: 1 }, async (connect, ended) => {
    await visit(connect, async (host) => {
      await pause(3000);
      await demandAnswers(host, PING);
      await pause(3000);
      await demandAnswers(host, PING);
    });
    assertEquals((await ended).code, 0);
  });
});

Deno.test("the agent leaves after a host that never said a word", async () => {
  await inSocket({ idle: 1 }, async (connect, ended) => {
    (await connect()).close();
    assertEquals((await ended).code, 0);
  });
});

Deno.test("a method that fails inside tells nothing of the inside", async () => {
  await inSocket({ ...FAST, alone: true }, async (connect) => {
    await visit(connect, async (host) => {
      assertEquals(await host.answers(INSIDE), INSIDE.answers);
    });
  });
});

Deno.test("an agent with a policy of its own takes lines that are as long", async (test) => {
  const policy = `${FAST.policy}\nmax_message_size_kb = 1`;
  await inSocket({ policy }, async (connect) => {
    await using conversation = new Conversation(await connect());
    for (const exchange of SMALL) {
      const { name } = exchange;
      await test.step(name, () => demandAnswers(conversation, exchange));
    }
  });
});

Deno.test("requests beyond those of a second wait for their turn", async () => {
  await inSocket({ policy: "max_requests_per_second = 1" }, async (connect) => {
    await visit(connect, async (host) => {
      const [first, second] = await host.answers(IN_TURN);
      assertEquals((first as { id: number }).id, 1);
      const ids = (second as { id: number }[]).map(({ id }) => id);
      assertEquals(ids, [2, 3, 4]);
    });
  });
});
