import { assertEquals } from "@std/assert";
import { channelConnected } from "./channel.ts";

function domain(state: string): string {
  return "<domain><devices><channel type='spicevmc'>" +
    "<target type='virtio' name='com.redhat.spice.0' state='connected'/>" +
    "</channel><channel type='unix'>" +
    `<target type='virtio' name='org.qemu.guest_agent.0'${state}/>` +
    "</channel></devices></domain>";
}

Deno.test("channelConnected() is what libvirt says of that port", () => {
  const asked = (state: string) =>
    channelConnected(domain(state), "org.qemu.guest_agent.0");
  assertEquals(asked(" state='connected'"), true);
  assertEquals(asked(" state='disconnected'"), false);
  assertEquals(asked(""), undefined);
  assertEquals(channelConnected(domain(""), "other"), undefined);
  assertEquals(channelConnected("<domain/>", "other"), undefined);
});
