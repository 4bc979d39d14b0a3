/** Changing what a domain that is kept says of itself. */

import { define, getDomain } from "./domain.ts";
import { withMetadata } from "./edit_xml.ts";
import type { Metadata } from "./metadata.ts";
import type { Virsh } from "./virsh.ts";

/** Write it anew, into the domain as it is now. `what` cannot be done else. */
export async function editMetadata(
  virsh: Virsh,
  name: string,
  what: string,
  edit: (metadata: Metadata) => Metadata,
): Promise<void> {
  const { xml, metadata } = await getDomain(virsh, name, true);
  await virsh.must(what, define(withMetadata(xml, edit(metadata!))));
}
