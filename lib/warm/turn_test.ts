import { assertEquals } from "@std/assert";
import { takeTurn } from "./turn.ts";

Deno.test("takeTurn() waits where every place is taken, and until one is free", async () => {
  const kind = `test-${crypto.randomUUID()}`;
  const two = { places: 2, kind };
  const first = await takeTurn(two);
  const second = await takeTurn(two);
  const order: string[] = [];
  const third = takeTurn(two).then((turn) => {
    order.push("third");
    return turn;
  });
  await new Promise((done) => setTimeout(done, 100));
  order.push("a place is free");
  second.dispose();
  second.dispose();
  (await third).dispose();
  first.dispose();
  assertEquals(order, ["a place is free", "third"]);
});
