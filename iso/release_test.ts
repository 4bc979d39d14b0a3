import { assertEquals, assertThrows } from "@std/assert";
import { readSum } from "./checksums.ts";
import { mirrorUrls } from "./mirrors.ts";
import { checkVersion, readReleases } from "./release.ts";

const SUM = "ab".repeat(32);

Deno.test("readReleases() reads the list of archlinux.org", () => {
  const json = JSON.stringify({
    version: 1,
    latest_version: "2026.03.01",
    releases: [
      {
        version: "2026.02.01",
        available: false,
        sha256_sum: "",
        b2_sum: null,
        iso_url: "/iso/2026.02.01/archlinux-2026.02.01-x86_64.iso",
      },
      {
        version: "2026.03.01",
        release_date: "2026-03-01",
        kernel_version: "6.18.3",
        sha256_sum: SUM.toUpperCase(),
        b2_sum: SUM + SUM,
        available: true,
      },
    ],
  });
  const nothing = { released: undefined, kernel: undefined };
  assertEquals(readReleases(json), {
    latest: "2026.03.01",
    releases: [
      {
        version: "2026.03.01",
        released: "2026-03-01",
        kernel: "6.18.3",
        sha256: SUM,
        b2: SUM + SUM,
        available: true,
      },
      {
        version: "2026.02.01",
        ...nothing,
        sha256: undefined,
        b2: undefined,
        available: false,
      },
    ],
  });
});

Deno.test("readReleases() leaves out what is no release", () => {
  const json = JSON.stringify({
    latest_version: "../../etc",
    releases: [null, {}, { version: "../x" }, { version: "2026.03.01\n" }, {
      version: "2026.03.01",
      kernel_version: "\x1b[2J",
    }],
  });
  const { latest, releases } = readReleases(json);
  assertEquals(latest, "2026.03.01");
  assertEquals(releases.map((one) => [one.version, one.kernel]), [
    ["2026.03.01", undefined],
  ]);
});

Deno.test("readReleases() refuses what is no list", () => {
  for (const json of ["null", "[]", "{}", '{"releases": 1}']) {
    assertThrows(
      () => readReleases(json),
      Error,
      'the answer has no "releases"',
    );
  }
});

Deno.test("checkVersion() refuses what is no version", () => {
  checkVersion("2026.03.01");
  for (const word of ["latest", "", "2026.3.1", "../2026.03.01", "-rf"]) {
    assertThrows(
      () => checkVersion(word),
      Error,
      `${JSON.stringify(word)} is not a version such as 2026.03.01`,
    );
  }
});

Deno.test("mirrorUrls() names the dated directory", () => {
  const mirrors = ["https://one.test/arch/", "http://two.test"];
  const name = "archlinux-2026.03.01-x86_64.iso";
  assertEquals(mirrorUrls({ mirrors }, "2026.03.01"), [
    `https://one.test/arch/iso/2026.03.01/${name}`,
    `http://two.test/iso/2026.03.01/${name}`,
  ]);
});

Deno.test("readSum() takes the line of just that file", () => {
  const text = `${"0".repeat(64)}  archlinux-x86_64.iso\n` +
    `${SUM}  archlinux-2026.03.01-x86_64.iso\nnonsense\n`;
  assertEquals(readSum(text, "archlinux-2026.03.01-x86_64.iso"), SUM);
  assertEquals(readSum(text, "2026.03.01-x86_64.iso"), undefined);
});
