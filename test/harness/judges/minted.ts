import type { World } from '../world/world.js';

const minted = new WeakMap<World, string[]>();

/** Keeps a token that somebody of this world was given: nobody else does, and the oracle asks about them at the end. */
export function rememberToken(world: World, token: unknown): void {
  if (typeof token !== 'string') return;
  minted.set(world, [...(minted.get(world) ?? []), token]);
}

/** Tokens that were given out in this world, newest last. */
export function tokensOf(world: World): readonly string[] {
  return minted.get(world) ?? [];
}
