import type { World } from './world.js';

/**
 * Edits rows as only a superuser can: with `session_replication_role = replica` no trigger fires, so that a test can
 * stand where a database administrator (or a long time) would. Everything that Writ's own role may do goes another way.
 */
export async function asSuperuser(world: World, statement: string, values: readonly unknown[]): Promise<void> {
  const client = await world.database.pool.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    const { rowCount } = await client.query(statement, [...values]);
    if (rowCount === 0) throw new Error(`nothing was edited by: ${statement}`);
    // The counters are kept by triggers: they are of the rows as they have become.
    await client.query('select mend_agent_counters("uid") from "agents"');
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** Lets a grant that waits to be collected grow old: there is no clock to turn, since every deadline is the database's. */
export function ageReadyGrant(world: World, grantId: string, seconds: number): Promise<void> {
  return asSuperuser(
    world,
    `update "grants" set "created_at" = "created_at" - $2::interval, "ready_until" = "ready_until" - $2::interval, "deadline" = "deadline" - $2::interval
     where "id" = $1 and "status" = 'ready'`,
    [grantId, `${seconds} seconds`],
  );
}

/** Lets an active grant fall silent: as if it had been collected, and its agent last heard of, so many seconds earlier. */
export async function silenceGrant(world: World, grantId: string, seconds: number): Promise<void> {
  const values = [grantId, `${seconds} seconds`];
  await asSuperuser(
    world,
    `with heard as (update "grant_heartbeats" set "at" = "at" - $2::interval where "grant_id" = $1)
     update "grants" set "activated_at" = "activated_at" - $2::interval where "id" = $1 and "status" = 'active'`,
    values,
  );
}

/** Lets a request that waits for people grow old, with its window: as if it had been made so many seconds earlier. */
export function ageEscalation(world: World, escalationId: string, seconds: number): Promise<void> {
  return asSuperuser(
    world,
    `update "escalations" set "created_at" = "created_at" - $2::interval, "deadline" = "deadline" - $2::interval
     where "id" = $1 and "status" = 'pending'`,
    [escalationId, `${seconds} seconds`],
  );
}
