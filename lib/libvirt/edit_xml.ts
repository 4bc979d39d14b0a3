/**
 * Changes to the XML of a domain that leave all else in it as it is: people
 * may have added devices with `virsh edit`.
 */

import { type Metadata, metadataXml, titleOf } from "./metadata.ts";
import { el } from "../xml/element.ts";
import {
  credentialEntries,
  credentialsFile,
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

/** All of it, also where one stands in the other. */
const CHAIN = /\s*<backingStore\b(?:[^>]*\/>|[\s\S]*<\/backingStore>)/;

/**
 * Let a disk be another image. What libvirt has written down of the old one's
 * chain goes too: it would believe that before what the images say.
 */
export function withDisk(xml: string, from: string, to: string): string {
  const quoted = (path: string) =>
    path.replace(/[<>&"']/g, (char) => ENTITIES[char]!);
  const source = (path: string) => `<source file='${quoted(path)}'`;
  if (!xml.includes(source(from))) {
    throw new Error(`no disk of the domain is ${from}`);
  }
  return xml.replaceAll(
    /<disk\b[\s\S]*?<\/disk>/g,
    (disk) =>
      disk.includes(source(from))
        ? disk.replace(source(from), () => source(to)).replace(CHAIN, "")
        : disk,
  );
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

/** Give credentials from a file, where the domain has none of that kind. */
export function withCredentialsFile(xml: string, path: string): string {
  const given = credentialsFile(path).text;
  if (/<sysinfo type=['"]fwcfg['"]/.test(xml)) return xml;
  return xml.replace(/<os\b/, (os) => `${given}${os}`);
}

/** Put our metadata in the place of what was there. */
export function withMetadata(xml: string, metadata: Metadata): string {
  const ours = metadataXml(metadata).text;
  const title = el("title", {}, titleOf(metadata)).text;
  return xml
    .replace(/<vms:vm\b[^>]*?(?:\/>|>[\s\S]*?<\/vms:vm>)/, () => ours)
    .replace(/<title>[^<]*<\/title>/, () => title);
}
