/** The agent as a whole: what is said on its port, over pipes and a socket. */

import { inSocket } from "../../tests/agent_port.ts";
import { Conversation, demandAnswers } from "../../tests/conversation.ts";
import { EXCHANGES, LEAVING } from "../../tests/exchanges.ts";
import { unmetAgent } from "../../tests/local_agent.ts";

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
