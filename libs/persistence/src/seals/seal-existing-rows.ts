import type pg from 'pg';
import { nextPeople, voterIn } from '#escalations/configure/roster.js';
import type { AppliedConfiguration } from '#escalations/judge/configuration-store.js';
import type { Ids } from '#escalations/ports.js';
import { SYSTEM } from '#escalations/rows/history.js';
import { passkeyContent, sessionContent, slackLinkContent } from '#escalations/sealed-content.js';
import type { SealedKind } from '#escalations/sealed-kinds.js';
import { Journal } from '../connection/journal.js';
import { inTransaction } from '../connection/in-transaction.js';
import type { DatabasePool } from '../connection/pool.js';
import { insertSealed, type SealedConfigurations } from '../sql/sealed-configurations.js';
import { databaseNow } from '../sql/agents.js';
import { appendHistory } from '../sql/history.js';
import { PASSKEY_COLUMNS, type SealedPasskey } from '../people/postgres-passkeys.js';
import { sealBare, type RecordKind } from '../sql/sealed-records.js';
import { SESSION_COLUMNS, type SessionRow } from '../people/sessions.js';
import { LINK_COLUMNS, type SealedSlackLink } from '../people/postgres-slack-links.js';

/** Advisory lock: one process seals at a time. */
const SEALING = 7706;

/** What a kind needs: whether any row bears a seal already, and how those that do not get one. */
interface Unsealed {
  /** Rows that would be proof of an earlier sealing. */
  readonly sealed: string;
  /** Seals what stands. Answers how many rows. */
  seal(client: pg.PoolClient, configurations: SealedConfigurations, nextUid: () => string): Promise<number>;
}

const UNSEALED: Partial<Record<SealedKind, Unsealed>> = {
  configuration: { sealed: `select 1 from "config_versions" where "mac" is not null`, seal: sealConfiguration },
  session: { sealed: `select 1 from "sessions" where "mac" is not null`, seal: sealSessions },
  passkey: { sealed: `select 1 from "passkeys" where "mac" is not null`, seal: sealPasskeys },
  slack_binding: { sealed: `select 1 from "slack_bindings" where "mac" is not null`, seal: sealLinks },
  suspension: { sealed: `select 1 from "agent_suspensions" where "mac" is not null`, seal: bare('suspension') },
  kill: { sealed: `select 1 from "kill_switches" where "mac" is not null`, seal: bare('kill') },
  review: { sealed: `select 1 from "reviews" where "mac" is not null`, seal: bare('review') },
};

/** The configuration first: the others are sealed for the people in it. */
const ORDER = Object.keys(UNSEALED) as SealedKind[];

/**
 * Seals the rows that an upgrade found without seals, once: a migration names the kinds, and each is taken out with the
 * transaction that seals it. A kind of which any row bears a seal is never sealed again, whoever names it.
 * @param pool of a role that may write to these tables
 */
export function sealExistingRows(pool: DatabasePool, configurations: SealedConfigurations, ids: Ids): Promise<void> {
  const journal = new Journal(ids, configurations.seals);
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ kind: SealedKind }>('select "kind" from "seals_pending"');
    if (rows.length === 0) return;
    await client.query('select pg_advisory_xact_lock($1)', [SEALING]);
    const { rows: pending } = await client.query<{ kind: SealedKind }>('select "kind" from "seals_pending"');
    for (const kind of ORDER.filter((one) => pending.some((row) => row.kind === one))) {
      const unsealed = UNSEALED[kind] as Unsealed;
      const { rowCount } = await client.query(`${unsealed.sealed} limit 1`);
      if (rowCount === 0) {
        const count = await unsealed.seal(client, configurations, () => ids.next('per'));
        const entry = { type: 'seal.established', actor: SYSTEM, data: { kind, rows: count } } as const;
        await appendHistory(client, count === 0 ? [] : [entry], await databaseNow(client), journal);
      }
      await client.query('delete from "seals_pending" where "kind" = $1', [kind]);
    }
  });
}

/** Rows that say all that their seal covers. */
function bare(kind: RecordKind): Unsealed['seal'] {
  return (client, { seals }) => sealBare(client, kind, (content) => seals.mac(kind, content));
}

/** The newest once more, under a seal: the rows before it stay as they are and count for nothing. */
async function sealConfiguration(
  client: pg.PoolClient,
  configurations: SealedConfigurations,
  nextUid: () => string,
): Promise<number> {
  const { rows } = await client.query<AppliedConfiguration & { policyVersion: string; appliedBy: string }>(
    `select "sha256", "catalog", "policies", "policy_version" as "policyVersion", "applied_by" as "appliedBy"
     from "config_versions" order by "seq" desc limit 1`,
  );
  const [newest] = rows;
  if (newest === undefined) return 0;
  const people = newest.catalog.people.map((person) => person.id);
  // Time zero: nobody can tell since when an id means whom it means.
  await insertSealed(client, configurations.seals, {
    ...newest,
    people: nextPeople({}, people, nextUid, 0),
  });
  return 1;
}

async function sealSessions(client: pg.PoolClient, configurations: SealedConfigurations): Promise<number> {
  const { rows } = await client.query<SessionRow>(
    `select ${SESSION_COLUMNS} from "sessions" s where s."ended_at" is null and s."expires_at" > clock_timestamp()`,
  );
  const content = (row: SessionRow, personUid: string): unknown => sessionContent({ ...row, personUid });
  return sealEach(client, configurations, { kind: 'session', table: 'sessions', rows, content });
}

async function sealPasskeys(client: pg.PoolClient, configurations: SealedConfigurations): Promise<number> {
  const { rows } = await client.query<SealedPasskey>(
    `select ${PASSKEY_COLUMNS} from "passkeys" where "removed_at" is null`,
  );
  const content = (row: SealedPasskey, uid: string): unknown => passkeyContent(row, { uid });
  return sealEach(client, configurations, { kind: 'passkey', table: 'passkeys', rows, content });
}

async function sealLinks(client: pg.PoolClient, configurations: SealedConfigurations): Promise<number> {
  const { rows } = await client.query<SealedSlackLink>(
    `select ${LINK_COLUMNS} from "slack_bindings" where "ended_at" is null`,
  );
  const content = (row: SealedSlackLink, uid: string): unknown => slackLinkContent(row, { uid });
  return sealEach(client, configurations, { kind: 'slack_binding', table: 'slack_bindings', rows, content });
}

interface Rows<R> {
  readonly kind: SealedKind;
  readonly table: 'sessions' | 'passkeys' | 'slack_bindings';
  readonly rows: readonly R[];
  readonly content: (row: R, personUid: string) => unknown;
}

/** Rows of people whom the configuration does not name stay without a seal: nobody can say whose they are. */
async function sealEach<R extends { readonly id: string; readonly person: string }>(
  client: pg.PoolClient,
  configurations: SealedConfigurations,
  { kind, table, rows, content }: Rows<R>,
): Promise<number> {
  const inForce = await configurations.newest(client);
  let count = 0;
  for (const row of rows) {
    const uid = inForce === null ? undefined : voterIn(inForce, row.person)?.uid;
    if (uid === undefined) continue;
    const mac = configurations.seals.mac(kind, content(row, uid));
    await client.query(`update "${table}" set "person_uid" = $2, "mac" = $3 where "id" = $1`, [row.id, uid, mac]);
    count += 1;
  }
  return count;
}
