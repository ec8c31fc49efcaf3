import type pg from 'pg';
import { BrokenSeals } from '#escalations/sealed-kinds.js';
import { judgeOver } from '#persistence/judging-connections.js';
import { SealedRows } from '#persistence/sealed-rows.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import type { World } from './world.js';

/** Tells nobody. */
class NobodyHears extends BrokenSeals {
  override found(): void {}
}

export function sealsOf(world: World): MasterKeySeals {
  return new MasterKeySeals(Buffer.from(world.masterKey, 'base64'));
}

/** Has a test's own pool judge and make seals as a process of this world would. */
export function judging<P extends pg.Pool>(pool: P, world: World): P {
  judgeOver(pool, new SealedRows(sealsOf(world), new NobodyHears()));
  return pool;
}
