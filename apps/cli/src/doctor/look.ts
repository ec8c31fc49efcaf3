import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openQueueConnection } from '#delivery/bull/connection.js';
import { errorWords } from '#delivery/bull/outage-log.js';
import { configurationChanges } from '#escalations/configure/configuration-changes.js';
import type { AppliedConfiguration } from '#escalations/judge/configuration-store.js';
import { keysAmong, keyState } from '#escalations/keys/signing-keys.js';
import { OpenIdSignIn } from '#identity/people/open-id-sign-in.js';
import { createPool, type DatabasePool } from '#persistence/connection/pool.js';
import { PostgresSlackLinks } from '#persistence/people/postgres-slack-links.js';
import { createQueuePool, QUEUE_SCHEMA } from '#persistence/schema/queue-pool.js';
import { forLooking, roleCheckup, type RoleCheckup } from '#persistence/schema/role-checkup.js';
import { SealedConfigurations } from '#persistence/sql/sealed-configurations.js';
import { allKeys } from '#persistence/keys/postgres-signing-key-rows.js';
import { storeCause } from '#persistence/connection/store-fault.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { GuardedFetch } from '#platform/outbound/outbound-fetch.js';
import { ROOT } from '#platform/root.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import { WrappedKeyMaker } from '#tokens/wrapped-key-maker.js';
import { wordsOf } from '../apply-now.js';
import { toApply } from '../commands/configure/apply.js';
import { readToCheck } from '../configuration.js';
import type { Asked } from './finding.js';
import type { KeyFacts } from './stores.js';
import type { IssuerAnswer } from './surroundings.js';

const PATIENCE_MS = 2_000;

/** A database that is only looked at, and who judges its rows. */
export interface Looked {
  readonly pool: DatabasePool;
  readonly configurations: SealedConfigurations;
}

/** Opens a database so that nothing can be written over it. The caller ends the pool. */
export function openToLook(url: string, masterKey: Buffer): Looked {
  const pool = createPool(forLooking(url), { max: 2, applicationName: 'writ-cli' });
  return { pool, configurations: new SealedConfigurations(new MasterKeySeals(masterKey)) };
}

/** The role that serves and its tables; a fault in one line when the database cannot be asked. */
export function lookAtRole(pool: DatabasePool): Promise<Asked<RoleCheckup>> {
  return asked(() => roleCheckup(pool, join(ROOT, 'prisma', 'migrations')));
}

/** The configuration in force; `null` when none was ever applied, or none under this master key. */
export function lookAtConfiguration({ pool, configurations }: Looked): Promise<Asked<AppliedConfiguration | null>> {
  return asked(() => configurations.newest(pool));
}

/** The stored keys, and which of them this master key opens. */
export function lookAtKeys(
  { pool, configurations }: Looked,
  inForce: AppliedConfiguration | null,
  masterKey: Buffer,
): Promise<Asked<KeyFacts>> {
  return asked(async () => {
    const { keys, now } = await allKeys(pool);
    const ours = keysAmong(keys, new WrappedKeyMaker(masterKey, randomBytes));
    const alive = keys.filter((key) => key.compromisedAt === null && keyState(key, now) !== 'retired');
    const algs = (inForce?.catalog.resources ?? []).map(({ signingAlg }) => signingAlg);
    return {
      wanted: [...new Set(['ES256', ...algs])],
      keys: alive.map((key) => ({ kid: key.kid, alg: key.alg, opens: ours.includes(key) })),
      sealsDiffer: inForce === null && (await configurations.any(pool)),
    };
  });
}

/** Who has linked an account of this workspace to themselves. */
export async function lookAtLinks(
  { pool, configurations }: Looked,
  people: readonly string[],
  team: string,
): Promise<ReadonlySet<string>> {
  const links = new PostgresSlackLinks(pool, configurations);
  const linked = await Promise.all(people.map(async (id) => [id, await links.of(id)] as const));
  return new Set(linked.filter(([, own]) => own.some((link) => link.team === team)).map(([id]) => id));
}

/** What `writ apply` would change, in its words. Reads the folder and writes nothing. */
export async function lookAtFolder(
  environment: WritEnvironment,
  inForce: AppliedConfiguration | null,
): Promise<Asked<readonly string[]>> {
  return asked(() =>
    configurationChanges(inForce, toApply(readToCheck(environment, environment.configDir))).map(wordsOf),
  );
}

/** Why jobs cannot be kept where the environment says; `null` when they can. Adds and takes none. */
export async function lookAtQueue(redisUrl: string | null, databaseUrl: string | null): Promise<string | null> {
  if (redisUrl === null && databaseUrl === null) return null;
  const pool = redisUrl === null && databaseUrl !== null ? createQueuePool(forLooking(databaseUrl), 0) : null;
  try {
    const queues = await openQueueConnection(
      pool === null ? { redisUrl: redisUrl ?? '' } : { pool, schema: QUEUE_SCHEMA },
    );
    await queues.close();
    return null;
  } catch (error) {
    await pool?.end();
    return errorWords(error);
  }
}

/** Why nobody can be sent to the OpenID provider; `null` when its metadata are in order. */
export async function lookAtProvider({ oidc, issuer, proxies }: WritEnvironment): Promise<string | null> {
  if (oidc === null) return null;
  const outbound = new GuardedFetch(new URL(oidc.issuer).hostname, undefined, proxies);
  const begun = await new OpenIdSignIn(oidc, `${issuer ?? oidc.issuer}/auth/callback`, outbound).begin();
  return 'failed' in begun ? begun.detail : null;
}

/** How far the clock of whoever answers there is ahead, by the header `Date`; `null` when nobody says. */
export async function lookAtDate(url: string): Promise<number | null> {
  try {
    const before = Date.now();
    const { headers } = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PATIENCE_MS) });
    const said = Date.parse(headers.get('date') ?? '');
    // Cut to the second: on average it was half a second later.
    return Number.isNaN(said) ? null : said + 500 - (before + Date.now()) / 2;
  } catch {
    return null;
  }
}

/** What the issuer's own address answers. */
export async function lookAtIssuer(issuer: string): Promise<IssuerAnswer> {
  try {
    const answer = await fetch(`${issuer}/.well-known/oauth-authorization-server`, {
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const metadata = (await answer.json().catch(() => null)) as { issuer?: unknown } | null;
    return { status: answer.status, issuer: typeof metadata?.issuer === 'string' ? metadata.issuer : null };
  } catch (error) {
    return { fault: errorWords((error as Error).cause ?? error) };
  }
}

async function asked<T>(work: () => Promise<T> | T): Promise<Asked<T>> {
  try {
    return { known: await work() };
  } catch (error) {
    return { fault: storeCause(error)?.words ?? errorWords(error) };
  }
}
