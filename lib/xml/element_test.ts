import { assertEquals } from "@std/assert";
import { el } from "./element.ts";
import { attribute, children, find, readXml, textOf } from "./read.ts";

Deno.test("el() nests, and leaves out what is not there", () => {
  assertEquals(
    el("a", { x: 1, y: undefined }, el("b"), undefined, false, [
      el("c", {}, 0),
      "t",
    ]).text,
    '<a x="1"><b/><c>0</c>t</a>',
  );
});

Deno.test("el() escapes text and attributes, and readXml() reads them", () => {
  const nasty = `<&>"' ü \u{1f600} ]]> </a>`;
  const { text } = el("a", { x: nasty }, nasty);
  assertEquals(text.includes("</a> "), false);
  const root = readXml(text);
  assertEquals([root.attributes.x, root.text], [nasty, nasty]);
});

Deno.test("readXml() reads what virsh puts around a document", () => {
  assertEquals(readXml("\n<a/>\n\n").name, "a");
});

Deno.test("find() descends by the first of each name", () => {
  const root = readXml("<a><b><c n='1'>x</c></b><b><c n='2'>y</c></b></a>");
  assertEquals(textOf(root, "b/c"), "x");
  assertEquals(attribute(root, "b/c", "n"), "1");
  assertEquals(children(root, "b").length, 2);
  assertEquals(find(root, "b/d/e"), undefined);
  assertEquals(textOf(root, "d"), undefined);
  assertEquals(attribute(root, "b/c", "m"), undefined);
});
