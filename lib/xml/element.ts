/** XML as nested function calls, so that nothing is left unescaped. */

export class Xml {
  constructor(readonly text: string) {}
}

type Attributes = Record<string, string | number | undefined>;
type Child = Xml | string | number | undefined | false;

/** One element. Text children are escaped, empty ones left out. */
export function el(
  name: string,
  attributes: Attributes = {},
  ...children: (Child | Child[])[]
): Xml {
  const head = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escape(value!)}"`).join("");
  const body = children.flat()
    .filter((child) => child !== undefined && child !== false)
    .map((child) => child instanceof Xml ? child.text : escape(child as string))
    .join("");
  const open = `<${name}${head}`;
  return new Xml(body ? `${open}>${body}</${name}>` : `${open}/>`);
}

function escape(value: string | number): string {
  return String(value).replace(
    /[<>&"']/g,
    (char) => `&#${char.charCodeAt(0)};`,
  );
}
