/** All checks, in the order in which a host is set up. */

import { chains } from "./chains.ts";
import { places, tmpfiles } from "./directories.ts";
import type { Check } from "./exam.ts";
import { firewall } from "./firewall.ts";
import { groups } from "./groups.ts";
import { downloads, kernels, nvram, runtime } from "./files.ts";
import { ksm } from "./ksm.ts";
import { kernel, kvm } from "./kvm.ts";
import { mounts } from "./mounts.ts";
import { network } from "./network.ts";
import { disks } from "./orphans.ts";
import { keyrings, packages } from "./packages.ts";
import { pool, space } from "./pool.ts";
import { builds, disposables, forks, warm } from "./remains.ts";
import { membership, service } from "./service.ts";

export const CHECKS: readonly Check[] = [
  packages,
  keyrings,
  kernel,
  kvm,
  membership,
  service,
  places,
  tmpfiles,
  mounts,
  network,
  firewall,
  groups,
  pool,
  space,
  disposables,
  builds,
  warm,
  forks,
  chains,
  disks,
  runtime,
  kernels,
  nvram,
  downloads,
  ksm,
];
