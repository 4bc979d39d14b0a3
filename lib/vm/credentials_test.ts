import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { CREDENTIALS_SIZE, credentialsText } from "./credentials.ts";

const HASH = "$6$salt$hash";
const KEYS = ["ssh-ed25519 AAAA a", "ssh-ed25519 BBBB b"];

function lines(...given: Parameters<typeof credentialsText>): string[] {
  const text = credentialsText(...given);
  assertEquals(new TextEncoder().encode(text).length, CREDENTIALS_SIZE);
  return text.split("\n").filter(Boolean);
}

Deno.test("credentialsText() is for the VM's user and root", () => {
  const vm = { name: "web", user: "ann" };
  assertEquals(lines(vm, { hash: HASH, keys: KEYS }), [
    `password ann ${HASH}`,
    `password root ${HASH}`,
    "key ann ssh-ed25519 AAAA a",
    "key ann ssh-ed25519 BBBB b",
  ]);
  assertEquals(lines(vm, { keys: ["k ü"] }), ["key ann k ü"]);
});

Deno.test("credentialsText() of a VM without a user is for root", () => {
  assertEquals(lines({ name: "web" }, { hash: HASH, keys: ["k"] }), [
    `password root ${HASH}`,
    "key root k",
  ]);
});

Deno.test("credentialsText() refuses what the volume cannot hold", () => {
  const keys = ["x".repeat(CREDENTIALS_SIZE)];
  const failure = assertThrows(
    () => credentialsText({ name: "web" }, { keys }),
    Failure,
  );
  assertEquals(
    failure.message,
    'cannot hand over the ssh keys of "web": they are longer than 16 KiB',
  );
});
