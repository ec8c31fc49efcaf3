import { grantDigest, requestDigest } from '#domain/authority/digest.js';
import { grantContent, policyContent, voteContent } from '#escalations/sealed-content.js';
import { sealedOf } from './sealed.js';
import type { World } from './world.js';

/** One row of a table, as `to_jsonb` tells it. */
type Row = Record<string, unknown>;
const TABLES = ['escalations', 'grants', 'votes'] as const;

interface Copies {
  readonly count: number;
  readonly state: 'active' | 'ready';
  /** Seconds from now to the end of the copy with this number. */
  readonly endsIn: (index: number) => number;
}

let batches = 0;

/**
 * Copies a real grant with its request and votes so many times, each with the seals that its own rows have. No trigger
 * fires and no job reminds of them.
 * @param template id of the grant
 * @returns the ids of the grants
 */
export async function copyLiveGrants(world: World, template: string, copies: Copies): Promise<string[]> {
  const { seals } = sealedOf(world);
  const { pool } = world.database;
  const [grant] = await rowsOf(world, `select to_jsonb(g) as "row" from "grants" g where "id" = $1`, [template]);
  const about = [grant?.['escalation_id']];
  const [ask] = await rowsOf(world, `select to_jsonb(e) as "row" from "escalations" e where "id" = $1`, about);
  const votes = await rowsOf(world, `select to_jsonb(v) as "row" from "votes" v where "escalation_id" = $1`, about);
  if (grant === undefined || ask === undefined) throw new Error(`no grant ${template}`);
  const mark = `${Date.now().toString(36)}${(batches += 1).toString(36)}`.toUpperCase().padStart(14, '0');
  const made: Record<(typeof TABLES)[number], Row[]> = { escalations: [], grants: [], votes: [] };
  const now = Date.now();
  for (let index = 0; index < copies.count; index += 1) {
    const id = mark + String(index).padStart(12, '0');
    const one = copyOf({ ask, grant, votes }, id, now + copies.endsIn(index) * 1_000, copies.state, seals);
    for (const table of TABLES) made[table].push(...one[table]);
  }
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    for (const table of TABLES)
      for (let from = 0; from < made[table].length; from += 5_000)
        await client.query(
          `insert into "${table}" select * from jsonb_populate_recordset(null::"${table}", $1::jsonb)`,
          [JSON.stringify(made[table].slice(from, from + 5_000))],
        );
    await client.query('select mend_agent_counters("uid") from "agents"');
    await client.query('commit');
    await client.query('analyze "escalations", "grants", "votes"');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
  return made.grants.map((row) => String(row['id']));
}

interface Original {
  readonly ask: Row;
  readonly grant: Row;
  readonly votes: readonly Row[];
}

function copyOf(
  { ask, grant, votes }: Original,
  mark: string,
  endsAt: number,
  state: Copies['state'],
  seals: ReturnType<typeof sealedOf>['seals'],
): Record<(typeof TABLES)[number], Row[]> {
  const id = `esc_${mark}`;
  const agentUid = String(ask['agent_uid']);
  const digest = requestDigest(id, String(ask['agent_id']), ask['request'] as never, String(ask['policy_version']));
  const granted = grant['granted'] as never;
  const grant_digest = grantDigest(id, digest, granted);
  const escalation = {
    ...ask,
    id,
    digest,
    ask_hash: null,
    deferral_hash: `\\x${Buffer.from(mark).toString('hex')}`,
    ...(ask['grant_digest'] === null ? {} : { grant_digest }),
    policy_mac: seals.mac(
      'policy',
      policyContent({
        id,
        agentUid,
        ownerId: String(ask['owner_id']),
        digest,
        policy: ask['policy'] as never,
        parents: null,
      }),
    ),
  };
  const ends = new Date(endsAt).toISOString();
  const content = {
    id: `grt_${mark}`,
    escalationId: id,
    agentUid,
    resource: String(grant['resource']),
    digest,
    granted,
    grantDigest: grant_digest,
    readyUntil: state === 'ready' ? endsAt : Date.parse(String(grant['ready_until'])),
    heartbeatSeconds: null,
    parents: null,
  };
  const copied = {
    ...grant,
    id: content.id,
    escalation_id: id,
    digest,
    grant_digest,
    status: state,
    last_change: state === 'ready' ? 'issued' : 'activated',
    ready_until: new Date(content.readyUntil).toISOString(),
    activated_at: state === 'ready' ? null : grant['created_at'],
    expires_at: state === 'ready' ? null : ends,
    deadline: ends,
    mac: seals.mac('grant', grantContent(content)),
  };
  return {
    escalations: [escalation],
    grants: [copied],
    votes: votes.map((vote, turn) => {
      const cast: Row = { ...vote, id: `vot_${mark.slice(0, -1)}${turn}${mark.slice(-1)}`, escalation_id: id, digest };
      const sealed = {
        id: cast['id'],
        escalationId: id,
        person: cast['person_id'],
        verdict: cast['verdict'],
        digest,
        limits: cast['limits'],
        reason: cast['reason'],
        via: cast['via'],
        personUid: cast['person_uid'],
        stepUp: cast['step_up'],
      };
      return { ...cast, mac: seals.mac('vote', voteContent(sealed as never)) };
    }),
  };
}

async function rowsOf(world: World, text: string, values: unknown[]): Promise<Row[]> {
  return (await world.database.pool.query<{ row: Row }>(text, values)).rows.map(({ row }) => row);
}
