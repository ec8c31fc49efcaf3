import { BrokenSeals } from '#escalations/sealed-kinds.js';
import type { Ids } from '#escalations/ports.js';
import { Sessions } from '#identity/people/sessions.js';
import { createPool, type DatabasePool } from '#persistence/connection/pool.js';
import { PostgresSessionStore } from '#persistence/people/postgres-session-store.js';
import { RandomIds } from '#persistence/connection/random-ids.js';
import { insertSealed, SealedConfigurations } from '#persistence/sql/sealed-configurations.js';
import { useCases, type UseCases } from '#persistence/use-cases.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { judgeOver } from '#persistence/connection/judging-connections.js';
import type { Catalog } from '#domain/catalog.js';
import { sessionContent } from '#escalations/sealed-content.js';
import { SESSION_COLUMNS, type SessionRow } from '#persistence/people/sessions.js';
import { journalOf } from './journal.js';
import { asSuperuser } from './superuser.js';
import type { World } from './world.js';

class NoopCommandObserver extends BrokenSeals {
  override found(): void {}
}

/** Sealed rows as the brokers of this world judge them. */
export function sealedOf({ masterKey }: Pick<World, 'masterKey'>): SealedConfigurations {
  return new SealedConfigurations(new MasterKeySeals(Buffer.from(masterKey, 'base64'), new NoopCommandObserver()));
}

/** Has a test's own pool judge and make seals as a process of this world would. */
export function judging<P extends pg.Pool>(pool: P, world: Pick<World, 'masterKey'>): P {
  judgeOver(pool, sealedOf(world).seals);
  return pool;
}

/** Stores and use cases beside those of the brokers; what they leave in the outbox is found by polling. */
export function useCasesOf(world: Pick<World, 'masterKey'>, pool: DatabasePool, ids: Ids = new RandomIds()): UseCases {
  return useCases({ pool: judging(pool, world), configurations: sealedOf(world), journal: journalOf(world, ids) });
}

/** Sessions of this world's people, over a connection of their own. */
export async function withSessions<T>(
  world: Pick<World, 'masterKey' | 'database'>,
  use: (sessions: Sessions) => Promise<T>,
): Promise<T> {
  const pool = createPool(world.database.url, { max: 1 });
  return use(new Sessions(new PostgresSessionStore(pool, sealedOf(world)), randomBytes)).finally(() => pool.end());
}

/** Lets the sessions of a person grow old: as if they had been opened so many seconds earlier, each under its seal. */
export async function ageSessions(world: World, person: string, seconds: number): Promise<void> {
  const { rows } = await world.database.pool.query<SessionRow>(
    `select ${SESSION_COLUMNS} from "sessions" s where s."person_id" = $1`,
    [person],
  );
  for (const row of rows) {
    const aged = { ...row, openedAt: row.openedAt - seconds * 1_000 };
    const mac = sealedOf(world).seals.mac('session', sessionContent(aged));
    await asSuperuser(
      world,
      `update "sessions" set "created_at" = to_timestamp($2::float8 / 1000), "mac" = $3 where "id" = $1`,
      [row.id, aged.openedAt, mac],
    );
  }
}

/** Puts a configuration in force without what `apply` does besides: as in the moment before its commit is seen everywhere. */
export async function putConfiguration(world: World, change: (catalog: Catalog) => Catalog): Promise<void> {
  const sealed = sealedOf(world);
  const client = await world.database.pool.connect();
  try {
    const inForce = await sealed.newest(client);
    if (inForce === null) throw new Error('nothing was applied');
    const { catalog, ...rest } = inForce as typeof inForce & { policyVersion: string };
    await insertSealed(client, sealed.seals, {
      ...rest,
      catalog: change(catalog),
      policies: [],
      sha256: `${rest.sha256}x`,
      appliedBy: 'system:test',
    });
  } finally {
    client.release();
  }
}
