import { randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import pg from 'pg';
import { readAsk, type Answer } from '../actors/agent.js';
import { setStage, type Stage, type StageOptions } from './stage.js';
import type { Config, World } from './world.js';

/** A stage whose broker has a role of its own, as docs/operations.md advises, and somebody else with that role's password. */
export interface ServedStage extends Stage {
  /** The database, as that role reaches it. */
  readonly url: string;
  /** What PostgreSQL refuses this statement of that role with; `null` when it does it. */
  tries(statement: string, values?: readonly unknown[]): Promise<string | null>;
}

export async function setServedStage(
  change: (config: Config) => void = () => undefined,
  options: StageOptions = {},
): Promise<ServedStage> {
  const role = `writ_served_${randomBytes(6).toString('hex')}`;
  let served: pg.Pool | undefined;
  let reached = '';
  const prepare = async (world: World): Promise<StageOptions> => {
    await world.database.pool.query(`create role ${role} login password 'app'`);
    const url = new URL(world.database.url);
    [url.username, url.password] = [role, 'app'];
    reached = url.href;
    served = new pg.Pool({ connectionString: url.href, max: 2 });
    served.on('error', () => undefined);
    return { extra: { DATABASE_URL: url.href, WRIT_MIGRATE_DATABASE_URL: world.database.url } };
  };
  const stage = await setStage(change, { ...options, prepare });
  return {
    ...stage,
    url: reached,
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

/** What the specs of the serving role ask of a stage, over HTTP where a stranger could. */
export interface Asking {
  active(token: string): Promise<boolean>;
  consumed(token: string): Promise<Record<string, unknown>>;
  /** Status of an ask that policy allows. */
  asks(agent: string): Promise<number>;
  operator(path: string, body?: Record<string, unknown>): Promise<Answer>;
  /** True when the revocation feed tells of the token. */
  told(token: string): Promise<boolean>;
  uid(agent: string): Promise<string>;
  /** How many broken seals of this kind the history tells of. */
  broken(kind: string): Promise<number>;
}

/** @param of the stage, which a file sets after it has read these */
export function askingOf(of: () => ServedStage): Asking {
  const verifier = () => of().caller('payments-api');
  return {
    active: async (token) => (await verifier().introspect(token)).body.active === true,
    consumed: async (token) => {
      const call = { action: 'refund.create', identifier: 'order/8812', arguments: { order: '8812', amount: 4_000 } };
      return (await verifier().post('/v1/tokens/consume', { token, ...call, call_id: `c${Math.random()}` })).body;
    },
    asks: async (agent) => (await of().caller(agent).ask(readAsk())).status,
    operator: (path, body = { reason: 'Drill.' }) => of().caller('ops-cli').post(path, body),
    told: async (token) => {
      const { body } = await verifier().get('/v1/revocations');
      const { jti, sub } = decodeJwt(token);
      const items = body.items as { jti?: string; subject?: string }[];
      return items.some((item) => item.jti === jti || item.subject === sub);
    },
    uid: async (agent) => {
      const { rows } = await of().world.database.pool.query<{ uid: string }>(
        `select "uid"::text as "uid" from "agents" where "id" = $1 and "retired_at" is null`,
        [agent],
      );
      return rows[0]?.uid ?? '';
    },
    broken: async (kind) => {
      const { body } = await of().caller('auditor-tool').get('/v1/audit/events?type=seal.broken&limit=200');
      return (body.items as { data: { kind: string } }[]).filter(({ data }) => data.kind === kind).length;
    },
  };
}
