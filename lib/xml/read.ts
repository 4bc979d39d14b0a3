/** Reading XML that libvirt prints. */

import { parseXml, type XmlDocument, XmlElement } from "@rgrove/parse-xml";

export { XmlElement };

/** The root element of a document. */
export function readXml(text: string): XmlElement {
  const document: XmlDocument = parseXml(text);
  return document.root!;
}

/** Child elements of that name, in order. */
export function children(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child): child is XmlElement =>
    child instanceof XmlElement && child.name === name
  );
}

/** Descend by `os/loader`-like paths; the first of each name. */
export function find(parent: XmlElement, path: string): XmlElement | undefined {
  let at: XmlElement | undefined = parent;
  for (const name of path.split("/")) {
    at = at && children(at, name)[0];
  }
  return at;
}

/** Text of the element at `path`. */
export function textOf(parent: XmlElement, path: string): string | undefined {
  return find(parent, path)?.text;
}

/** Attribute of the element at `path`. */
export function attribute(
  parent: XmlElement,
  path: string,
  name: string,
): string | undefined {
  return find(parent, path)?.attributes[name];
}
