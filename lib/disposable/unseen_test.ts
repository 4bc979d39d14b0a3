import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { readDomain } from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import { domainNamed } from "../libvirt/fake_virsh.ts";
import { refuseUnseen } from "./unseen.ts";

Deno.test("refuseUnseen() wants a display for a screen, or else a terminal", () => {
  const template = (graphical: boolean) =>
    readDomain(domainXml(
      domainNamed("gui@1", { metadata: { kind: "template", graphical } }),
    ));
  refuseUnseen(template(true), { screen: true, terminal: false });
  refuseUnseen(template(true), { screen: false, terminal: true });
  refuseUnseen(template(false), { screen: false, terminal: true });
  for (
    const [graphical, screen] of [[true, false], [false, true], [false, false]]
  ) {
    const failure = assertThrows(
      () => refuseUnseen(template(graphical!), { screen, terminal: false }),
      Failure,
      "standard input is no terminal",
    );
    assertEquals(failure.exit, "host");
  }
});
