import { randomUUID } from 'node:crypto';
import type pg from 'pg';

type Columns = Record<string, unknown>;

export const TERMINAL_ESCALATIONS = ['approved', 'denied', 'cancelled', 'lapsed'];
export const TERMINAL_GRANTS = ['completed', 'expired', 'revoked'];

/** How each status is reached by SQL alone: the change that a row is born by, and those that follow. */
const ESCALATION_PATHS: Readonly<Record<string, readonly string[]>> = {
  pending: ['requested'],
  approved: ['allowed'],
  denied: ['refused'],
  cancelled: ['requested', 'cancelled'],
  lapsed: ['requested', 'lapsed'],
};
const GRANT_PATHS: Readonly<Record<string, readonly string[]>> = {
  ready: ['issued'],
  active: ['issued', 'activated'],
  completed: ['issued', 'completed'],
  expired: ['issued', 'expired'],
  revoked: ['issued', 'revoked'],
};

/** The SQLSTATE that a statement is refused with, `null` when it is accepted. */
export async function refusalOf(statement: Promise<unknown>): Promise<string | null> {
  try {
    await statement;
    return null;
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

export async function insertRow(pool: pg.Pool | pg.PoolClient, table: string, columns: Columns): Promise<void> {
  const names = Object.keys(columns);
  const values = names.map((_, index) => `$${index + 1}`);
  await pool.query(
    `insert into "${table}" (${names.map((name) => `"${name}"`).join()}) values (${values.join()})`,
    Object.values(columns),
  );
}

/** A fresh agent. @returns its uid */
export async function insertAgent(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ uid: string }>(
    `insert into "agents" ("id", "owner") values ($1, 'alice') returning "uid"`,
    [`bot-${randomUUID()}`],
  );
  return rows[0]?.uid ?? '';
}

/** The columns of an escalation that has this status, sound in every other respect. */
export function escalationIn(agentUid: string, status: string): Columns {
  const approved = status === 'approved';
  return {
    id: `esc_${randomUUID()}`,
    agent_uid: agentUid,
    agent_id: 'support-bot',
    owner_id: 'alice',
    resource: 'https://payments.example',
    status,
    last_change: ESCALATION_PATHS[status]?.[0],
    digest: 'sha256:d',
    request: '{}',
    task_id: 'run-1',
    risk: 'high',
    policy_version: 'sha256:v',
    policy: '{}',
    policy_mac: 'mac',
    deferral_hash: Buffer.from(randomUUID()),
    deadline: new Date(Date.now() + 900_000),
    decided_at: status === 'pending' ? null : new Date(),
    denial: status === 'denied' ? '{}' : null,
    granted: approved ? '{}' : null,
    grant_digest: approved ? 'sha256:g' : null,
  };
}

/** The columns of a grant that has this status, sound in every other respect. */
export function grantIn(agentUid: string, escalation: string, status: string): Columns {
  const ended = TERMINAL_GRANTS.includes(status);
  const later = new Date(Date.now() + 300_000);
  return {
    id: `grt_${randomUUID()}`,
    escalation_id: escalation,
    agent_uid: agentUid,
    agent_id: 'support-bot',
    resource: 'https://payments.example',
    actions: ['refund.create'],
    status,
    last_change: GRANT_PATHS[status]?.[0],
    digest: 'sha256:d',
    granted: '{}',
    grant_digest: 'sha256:g',
    max_uses: 3,
    mac: 'mac',
    ready_until: later,
    deadline: later,
    activated_at: status === 'ready' ? null : new Date(),
    expires_at: status === 'ready' ? null : later,
    ended_at: ended ? new Date() : null,
    end_reason: ended ? 'done' : null,
  };
}

/** An escalation brought to this status by changes that the table allows. @returns its id */
export async function toEscalation(pool: pg.Pool, agentUid: string, status: string): Promise<string> {
  const [birth, next] = ESCALATION_PATHS[status] ?? [];
  const born = escalationIn(agentUid, next === undefined ? status : 'pending');
  await insertRow(pool, 'escalations', { ...born, last_change: birth });
  if (next !== undefined) {
    await pool.query(
      `update "escalations" set "status" = $2, "last_change" = $3, "decided_at" = clock_timestamp() where "id" = $1`,
      [born['id'], status, next],
    );
  }
  return String(born['id']);
}

/** A grant brought to this status by changes that the table allows. @returns its id */
export async function toGrant(pool: pg.Pool, agentUid: string, status: string): Promise<string> {
  const [birth, next] = GRANT_PATHS[status] ?? [];
  const born = grantIn(agentUid, await toEscalation(pool, agentUid, 'approved'), 'ready');
  await insertRow(pool, 'grants', { ...born, last_change: birth });
  if (next !== undefined) {
    const after = grantIn(agentUid, '', status);
    await pool.query(
      `update "grants" set "status" = $2, "last_change" = $3, "activated_at" = $4, "expires_at" = $5, "deadline" = $5, "ended_at" = $6, "end_reason" = $7 where "id" = $1`,
      [born['id'], status, next, after['activated_at'], after['expires_at'], after['ended_at'], after['end_reason']],
    );
  }
  return String(born['id']);
}

/** A token of a grant. @returns its jti */
export async function insertToken(pool: pg.Pool, grant: string): Promise<string> {
  const jti = `tok_${randomUUID()}`;
  await insertRow(pool, 'tokens', {
    jti,
    grant_id: grant,
    kid: 'k',
    claims: '{}',
    expires_at: new Date(Date.now() + 300_000),
  });
  return jti;
}

export async function insertVote(pool: pg.Pool, escalation: string, person: string): Promise<void> {
  await insertRow(pool, 'votes', {
    id: `vote_${randomUUID()}`,
    escalation_id: escalation,
    person_id: person,
    verdict: 'approve',
    digest: 'sha256:d',
    via: 'rest',
    mac: 'mac',
  });
}
