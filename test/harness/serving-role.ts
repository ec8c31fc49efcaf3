import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { setStage, type Stage, type StageOptions } from './stage.js';
import type { Config, World } from './world.js';

/** A stage whose broker has a role of its own, as docs/operations.md advises, and somebody else with that role's password. */
export interface ServedStage extends Stage {
  /** What PostgreSQL refuses this statement of that role with; `null` when it does it. */
  tries(statement: string, values?: readonly unknown[]): Promise<string | null>;
}

export async function setServedStage(
  change: (config: Config) => void = () => undefined,
  options: StageOptions = {},
): Promise<ServedStage> {
  const role = `writ_served_${randomBytes(6).toString('hex')}`;
  let served: pg.Pool | undefined;
  const prepare = async (world: World): Promise<StageOptions> => {
    await world.database.pool.query(`create role ${role} login password 'app'`);
    const url = new URL(world.database.url);
    [url.username, url.password] = [role, 'app'];
    served = new pg.Pool({ connectionString: url.href, max: 2 });
    served.on('error', () => undefined);
    return { extra: { DATABASE_URL: url.href, WRIT_MIGRATE_DATABASE_URL: world.database.url } };
  };
  const stage = await setStage(change, { ...options, prepare });
  return {
    ...stage,
    tries: async (statement, values = []) => {
      try {
        await served?.query(statement, [...values]);
        return null;
      } catch (error) {
        return (error as { code?: string }).code ?? String(error);
      }
    },
    close: async () => {
      await served?.end();
      await stage.broker.close();
      await stage.world.database.pool.query(`drop owned by ${role}`);
      await stage.world.database.pool.query(`drop role ${role}`);
      await stage.world.remove();
    },
  };
}
