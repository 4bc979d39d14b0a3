/**
 * Changes to the XML of a domain that leave all else in it as it is: people
 * may have added devices with `virsh edit`.
 */

import { type Metadata, metadataXml, titleOf } from "./metadata.ts";
import { el } from "../xml/element.ts";
import {
  credentialEntries,
  filesystem,
  memoryBacking,
  type Share,
} from "./domain_xml.ts";

/** What libvirt writes in the place of these; it knows no other way. */
const ENTITIES: Record<string, string> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Let a disk rest on another image. */
export function withDisk(xml: string, from: string, to: string): string {
  const quoted = (path: string) =>
    path.replace(/[<>&"']/g, (char) => ENTITIES[char]!);
  const source = (path: string) => `<source file='${quoted(path)}'`;
  if (!xml.includes(source(from))) {
    throw new Error(`no disk of the domain is ${from}`);
  }
  return xml.replaceAll(source(from), () => source(to));
}

/**
 * Attach directories and give credentials, for one start: the domain as it is
 * kept stays without them. virtiofs needs memory that is shared.
 */
export function withShares(
  xml: string,
  shares: Share[],
  credentials: Record<string, string>,
): string {
  const added = shares.map((share) => filesystem(share).text).join("");
  const entries = credentialEntries(credentials).map(({ text }) => text).join(
    "",
  );
  return xml
    .replace(/<memoryBacking>[\s\S]*?<\/memoryBacking>|<memoryBacking\/>/, "")
    .replace("<vcpu", () => `${memoryBacking().text}<vcpu`)
    .replace("</devices>", () => `${added}</devices>`)
    .replace("</oemStrings>", () => `${entries}</oemStrings>`);
}

/** Put our metadata in the place of what was there. */
export function withMetadata(xml: string, metadata: Metadata): string {
  const ours = metadataXml(metadata).text;
  const title = el("title", {}, titleOf(metadata)).text;
  return xml
    .replace(/<vms:vm\b[^>]*?(?:\/>|>[\s\S]*?<\/vms:vm>)/, () => ours)
    .replace(/<title>[^<]*<\/title>/, () => title);
}
