import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { size } from "../names/values.ts";
import {
  type Fields,
  flag,
  list,
  parseToml,
  readToml,
  strings,
  table,
  text,
  word,
} from "./toml.ts";

const FIELDS = {
  name: text,
  loud: flag,
  room: word(size),
  tags: list(text),
  vm: table({ memory: word(size), net: table({ name: text }) }),
  files: strings,
} satisfies Fields;

async function refused(source: string): Promise<string> {
  const failure = await assertRejects(
    () => parseToml("/x.toml", source, FIELDS),
    Failure,
  );
  assertEquals(failure.exit, "usage");
  return failure.message.replace(/^cannot use \/x\.toml:/, "");
}

Deno.test("parseToml() hands over what is there, and only that", async () => {
  const source = 'name = "a"\nloud = true\nroom = "1G"\ntags = ["x", "y"]\n' +
    '[vm]\nmemory = 1024\n[vm.net]\nname = "n"\n[files]\n"/etc/x" = "y"\n';
  assertEquals(await parseToml("x", source, FIELDS), {
    name: "a",
    loud: true,
    room: 2 ** 30,
    tags: ["x", "y"],
    vm: { memory: 1024, net: { name: "n" } },
    files: { "/etc/x": "y" },
  });
  assertEquals(await parseToml("x", "", FIELDS), {});
});

const KNOWN = "unknown key; known are";

const REFUSED: [source: string, says: string][] = [
  [
    "# x\n\nnmae = 1\n",
    `3: nmae: ${KNOWN} name, loud, room, tags, vm, files`,
  ],
  ['[vm]\nmemory = "1G"\ncpus = 2\n', `3: vm.cpus: ${KNOWN} memory, net`],
  ["[vm.net]\nx = 1\n", `2: vm.net.x: ${KNOWN} name`],
  ["name = 7\n", "1: name: must be a string"],
  ["loud = 1\n", "1: loud: must be true or false"],
  ['tags = "x"\n', "1: tags: must be a list"],
  ['\ntags = ["x", 1]\n', "2: tags: must be a string"],
  ["vm = 1\n", "1: vm: must be a table"],
  ["[[vm]]\n", "1: vm: must be a table"],
  [
    '[vm]\nmemory = "20X"\n',
    '2: vm.memory: "20X" is not a size such as 512M or 20G',
  ],
  [
    "[vm]\nmemory = 0\n",
    '2: vm.memory: "0" is not a size such as 512M or 20G',
  ],
  ['[files]\n"/etc/x" = 1\n', '1: files: "/etc/x" must be a string'],
  ["toString = 1\n", `1: toString: ${KNOWN} name, loud, room, tags, vm, files`],
  [
    'name = "room = 1"\nroom = "x"\n',
    '2: room: "x" is not a size such as 512M or 20G',
  ],
  [
    'room = "1G"\n[vm]\nroom = 1\n',
    `3: vm.room: ${KNOWN} memory, net`,
  ],
  ["vm.cpus = 2\n", `1: vm.cpus: ${KNOWN} memory, net`],
  ["vm = { cpus = 2 }\n", `1: vm.cpus: ${KNOWN} memory, net`],
  ["[ vm ]\ncpus = 2\n", `2: vm.cpus: ${KNOWN} memory, net`],
  ["[vm] # comment\ncpus = 2\n", `2: vm.cpus: ${KNOWN} memory, net`],
];

for (const [source, says] of REFUSED) {
  Deno.test(`parseToml() refuses ${JSON.stringify(source)}`, async () => {
    assertEquals(await refused(source), says);
  });
}

Deno.test("parseToml() says on which line TOML is broken", async () => {
  const said = await refused('name = "a"\nloud = \n');
  assertEquals(/^2: \S/.test(said), true, said);
});

Deno.test("readToml() names the file", async () => {
  const path = await Deno.makeTempFile({ suffix: ".toml" });
  try {
    await Deno.writeTextFile(path, "x = 1\n");
    const failure = await assertRejects(() => readToml(path, FIELDS), Failure);
    assertEquals(failure.what, `cannot use ${path}:1`);
  } finally {
    await Deno.remove(path);
  }
});
