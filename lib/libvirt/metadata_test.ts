import { assertEquals } from "@std/assert";
import { el } from "../xml/element.ts";
import { readXml } from "../xml/read.ts";
import {
  type Metadata,
  metadataXml,
  readMetadata,
  readTitle,
  titleOf,
} from "./metadata.ts";

function readBack(data: Metadata): Metadata | undefined {
  const { text } = el("domain", {}, el("metadata", {}, metadataXml(data)));
  return readMetadata(readXml(text));
}

const EMPTY: Partial<Metadata> = {
  template: undefined,
  user: undefined,
  recipe: undefined,
  digest: undefined,
  built: undefined,
  packages: undefined,
  graphical: false,
  spice: undefined,
  once: false,
  fork: undefined,
  owner: undefined,
  cpuTime: undefined,
  warm: undefined,
  warmFailure: undefined,
  snapshots: [],
  shares: [],
};

Deno.test("readMetadata() reads what metadataXml() wrote", () => {
  const all: Metadata = {
    kind: "template",
    template: "minimal@3",
    user: "user",
    recipe: "gui",
    digest: "a<&'\"b",
    built: 1763719200,
    packages: 214,
    graphical: true,
    spice: ["clipboard", "files"],
    warmFailure: "cannot freeze gui@3: the disk is full",
    once: true,
    fork: "0123abcd",
    owner: 1000,
    cpuTime: 20_000_000,
    warm: {
      id: "0123abcd",
      key: "9f",
      state: 4096,
      layer: 196_608,
      units: ["a.service"],
    },
    snapshots: [
      {
        name: "one",
        created: 1,
        layers: { root: "r", home: "h" },
        memory: "m",
      },
      { name: "two", created: 2, layers: {}, memory: undefined },
    ],
    shares: [
      { path: "/mnt/a", folder: "/home/me/a & <b>'s", writable: true },
      { path: "/mnt/b", folder: "/b", writable: false },
    ],
  };
  assertEquals({ ...EMPTY, ...readBack(all) }, { ...EMPTY, ...all });
});

Deno.test("readMetadata() of the least there can be", () => {
  const least = { kind: "disposable" } as const;
  assertEquals({ ...readBack(least) }, { ...EMPTY, ...least } as Metadata);
});

Deno.test("readMetadata() knows nothing of domains that are not ours", () => {
  assertEquals(readMetadata(readXml("<domain/>")), undefined);
  assertEquals(
    readMetadata(readXml("<domain><metadata><x/></metadata></domain>")),
    undefined,
  );
});

Deno.test("readTitle() reads what titleOf() wrote", () => {
  for (
    const data of [
      { kind: "appvm", template: "gui@3" },
      { kind: "template", template: undefined },
    ] as const
  ) assertEquals(readTitle(titleOf(data)), data);
});

for (
  const title of [
    "",
    "my VM",
    "appvm on",
    "appvm on gui",
    "appvm on gui@3 x",
    "Template",
  ]
) {
  Deno.test(`readTitle() refuses ${JSON.stringify(title)}`, () => {
    assertEquals(readTitle(title), undefined);
  });
}
