import type { World } from './world.js';

const ALWAYS_RESTED = `
  create function rested() returns trigger language plpgsql as
    $$ begin new."next_at" := clock_timestamp() - interval '1 second'; return new; end $$;
  create trigger "rested" before insert or update on "slack_channels" for each row execute function rested();`;

/** Cards of this world need not wait a second each: tests ask faster than people do. Pace has tests of its own. */
export async function withoutPace(world: World): Promise<void> {
  await world.database.pool.query(ALWAYS_RESTED);
}
