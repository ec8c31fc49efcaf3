import { Caller, patiently } from '../actors/agent.js';
import type { Broker } from '../brokers/broker.js';
import { tokensOf } from './minted.js';
import type { World } from '../world/world.js';

/** Of the tokens that were given out and have ended, the newest are asked about and others from first to last. */
const NEWEST = 40;
const OTHERS = 80;
const AT_ONCE = 20;

/** What has ended is inactive at every process that serves, whichever has ended it: 200 and nothing but `active: false`. */
export async function stillActive(world: World, brokers: readonly Broker[]): Promise<string[]> {
  const { rows } = await world.database.pool.query<{ jti: string }>(
    `select t."jti" from "tokens" t join "grants" g on g."id" = t."grant_id"
     where t."ended_at" is not null or g."ended_at" is not null or t."expires_at" < clock_timestamp()`,
  );
  const ended = new Set(rows.map(({ jti }) => jti));
  const tokens = spread(tokensOf(world).filter((token) => ended.has(jtiOf(token))));
  const asked = brokers.filter((broker) => broker.worksOnly !== true).map((broker) => activeAt(world, broker, tokens));
  return (await Promise.all(asked)).flat();
}

async function activeAt(world: World, broker: Broker, tokens: readonly string[]): Promise<string[]> {
  const verifier = new Caller(world, broker.issuer, 'payments-api', broker.base);
  const found: string[] = [];
  for (let from = 0; from < tokens.length; from += AT_ONCE) {
    const answers = tokens.slice(from, from + AT_ONCE).map(async (token) => {
      const { status, body } = await patiently(() => verifier.introspect(token));
      if (status === 200 && JSON.stringify(body) === '{"active":false}') return [];
      return [`${jtiOf(token)} has ended, and ${broker.base} says ${status} ${JSON.stringify(body)}`];
    });
    found.push(...(await Promise.all(answers)).flat());
  }
  return found;
}

function spread(tokens: readonly string[]): string[] {
  const older = tokens.slice(0, -NEWEST);
  const step = Math.ceil(older.length / OTHERS);
  return [...older.filter((_, index) => index % step === 0), ...tokens.slice(-NEWEST)];
}

function jtiOf(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti?: unknown };
  return String(claims.jti);
}
