/** Chains: images and the layers that rest on them. */

import type { Volume } from "../libvirt/volume.ts";
import { ownerOf } from "./names.ts";

/** Layers that rest directly on the image. */
export function layersOn(volumes: readonly Volume[], path: string): Volume[] {
  return volumes.filter((volume) => volume.backing === path);
}

/** The image itself and what it rests on, down to the base. */
export function chainOf(volumes: readonly Volume[], path: string): Volume[] {
  const byPath = new Map(volumes.map((volume) => [volume.path, volume]));
  const chain: Volume[] = [];
  for (
    let at = byPath.get(path);
    at && !chain.includes(at);
    at = at.backing === undefined ? undefined : byPath.get(at.backing)
  ) chain.push(at);
  return chain;
}

/** The first image of a chain that is not there; undefined where all are. */
export function missingImage(
  volumes: readonly Volume[],
  path: string,
): string | undefined {
  const chain = chainOf(volumes, path);
  if (chain.length === 0) return path;
  const { backing } = chain.at(-1)!;
  const loop = chain.some((volume) => volume.path === backing);
  return backing === undefined || loop ? undefined : backing;
}

/** Volumes of that owner. */
export function ownedBy(volumes: readonly Volume[], owner: string): Volume[] {
  return volumes.filter((volume) => ownerOf(volume.name) === owner);
}

/** Others that rest on images of `owner`: VMs and versions, without doubles. */
export function dependents(
  volumes: readonly Volume[],
  owner: string,
): string[] {
  const own = new Set(ownedBy(volumes, owner).map((volume) => volume.path));
  const others = volumes
    .filter(({ backing }) => backing !== undefined && own.has(backing))
    .map((volume) => ownerOf(volume.name))
    .filter((name) => name !== owner);
  return [...new Set(others)].sort();
}

/** Sorted so that nothing is deleted before what rests on it. */
export function topFirst(volumes: readonly Volume[]): Volume[] {
  const depth = (volume: Volume) => chainOf(volumes, volume.path).length;
  return [...volumes].sort((a, b) => depth(b) - depth(a));
}
