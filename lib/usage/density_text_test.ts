import { assertEquals } from "@std/assert";
import { capacity } from "./capacity.ts";
import type { Density, VmDensity } from "./density.ts";
import { densityLines, missingFigures } from "./density_text.ts";

const GIB = 2 ** 30;

const FORK: VmDensity = {
  name: "disp-1",
  state: "running",
  kind: "disposable",
  template: "minimal@1",
  source: "pages",
  ram: "forked",
  ramFile: "/pool/minimal@1.warm-0a1b2c3d.mem",
  memoryBytes: GIB,
  memoryMaxBytes: GIB,
  residentBytes: GIB / 2,
  proportionalBytes: GIB / 4,
  sharedBytes: GIB / 4,
  privateBytes: GIB / 8,
  swappedBytes: 0,
  ksmBytes: 4096,
  ownBytes: GIB / 8,
  diskBytes: 2 ** 20,
};
const UNKNOWN: VmDensity = {
  ...FORK,
  name: "web",
  source: "libvirt",
  ram: "shared",
  ramFile: null,
  proportionalBytes: null,
  sharedBytes: null,
  privateBytes: null,
  swappedBytes: null,
  ksmBytes: null,
  ownBytes: null,
};

function density(vms: VmDensity[], rest: Partial<Density> = {}): Density {
  return {
    vms,
    ramFiles: [],
    ksm: { state: "off", kept: 0, saved: 0 },
    host: { total: 8 * GIB, available: 4 * GIB, swapFree: 0 },
    capacity: capacity(vms, 4 * GIB),
    ...rest,
  };
}

Deno.test("densityLines() shows VMs, and what they come to", () => {
  const { ramFile: path } = FORK;
  const given = density([FORK, UNKNOWN], {
    ramFiles: [{ path: path!, diskBytes: 3 * 2 ** 20, forks: 1 }],
    ksm: { state: "on", kept: 4096, saved: 12288 },
  });
  assertEquals(densityLines(given), [
    "NAME    STATE    RAM     OWN      OF       RESIDENT  PSS      SHARED   PRIVATE  SWAPPED  KSM      DISK",
    "disp-1  running  forked  128 MiB  1.0 GiB  512 MiB   256 MiB  256 MiB  128 MiB  0 B      4.0 KiB  1.0 MiB",
    "web     running  shared  -        1.0 GiB  512 MiB   -        -        -        -        -        1.0 MiB",
    "",
    "1 VM of 2: 128 MiB of their own, 128 MiB each",
    "forked from minimal@1.warm-0a1b2c3d.mem: 1 VM; the file: 3.0 MiB",
    "KSM: on, 12.0 KiB saved, 4.0 KiB kept for it",
    "this host: 4.0 GiB available of 8.0 GiB: room for 32 more of 128 MiB, 3 if all come to use their memory to the full",
  ]);
});

Deno.test("densityLines() promises nothing where nothing was measured", () => {
  const ksm = { state: "absent", kept: 0, saved: 0 } as const;
  assertEquals(densityLines(density([], { ksm })), [
    "no VM runs",
    "KSM: this kernel has none",
    "this host: 4.0 GiB available of 8.0 GiB",
  ]);
  assertEquals(densityLines(density([UNKNOWN])).slice(-3), [
    "1 VM, none of them measured",
    "KSM: off, nothing merged",
    "this host: 4.0 GiB available of 8.0 GiB",
  ]);
});

Deno.test("missingFigures() says what is not shown, and why", () => {
  assertEquals(missingFigures(density([FORK])), undefined);
  assertEquals(
    missingFigures(density([{ ...FORK, source: "status" }])),
    "PSS, SHARED, PRIVATE and KSM are for root to see; OWN counts what KSM merged as if it had not",
  );
  assertEquals(
    missingFigures(density([FORK, UNKNOWN])),
    "of web libvirt's figures are shown: QEMU's process cannot be looked at from here",
  );
});
