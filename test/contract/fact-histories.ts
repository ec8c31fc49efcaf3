import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { grantKilledAt } from '#persistence/sql/kills.js';
import { grantRestoredAt } from '#persistence/sql/restores.js';
import { escalationIn, grantIn, insertRow } from './lifecycle-rows.js';

/** Numbers from 0 to 1 that a seed gives again. */
export function drawnFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const ACTIONS = ['refund.create', 'refund.read', 'export'];
const HOUR = 3_600_000;
/** Ages of rows, in milliseconds: now, about the edges of the hour and of the day, beyond both, and a clock that ran ahead. */
const AGES = [0, 0, 5, 1_000, HOUR - 1_500, HOUR + 5, 5 * HOUR, 24 * HOUR - 1_500, 24 * HOUR + 5, 30 * HOUR, -1_000];

interface Made {
  readonly grant: string;
  readonly escalation: string;
}

/** Histories that SQL alone writes: every writer is one to the counters. */
export class FactHistory {
  private readonly made: Made[] = [];
  private readonly asked: string[] = [];

  constructor(
    private readonly pool: pg.Pool,
    readonly agents: readonly string[],
    private readonly draw: () => number,
    /** Stops end grants too; while their ends are unwritten no count of open ones is looked up. */
    private readonly stops = true,
  ) {}

  private one<T>(of: readonly T[]): T | undefined {
    return of[Math.floor(this.draw() * of.length)];
  }

  private agent(): string {
    return this.one(this.agents) as string;
  }

  private before(): Date {
    return new Date(Date.now() - (this.one(AGES) ?? 0));
  }

  /** One step that something may take. */
  async step(): Promise<void> {
    const steps = [
      ...Array<() => Promise<unknown>>(6).fill(() => this.grant()),
      ...Array<() => Promise<unknown>>(3).fill(() => this.end()),
      () => this.batch(),
      () => this.activate(),
      () => this.denied(),
      () => this.denied(),
      () => this.asks(),
      () => this.asks(),
      () => this.decided(),
      () => this.suspend(),
      ...(this.stops ? [() => this.stop(), () => this.compromise(), () => this.restore()] : []),
      () => this.pool.query('select write_off_stops()'),
      () => this.pool.query('select mend_agent_counters($1)', [this.agent()]),
    ];
    await this.one(steps)?.();
  }

  private row(uid: string): { escalation: Record<string, unknown> & { id: string }; grant: Record<string, unknown> } {
    const id = `esc_${randomUUID()}`;
    const escalation = {
      ...escalationIn(uid, 'approved'),
      id,
      last_change: 'allowed',
      created_at: this.before(),
      task_id: this.draw() < 0.3 ? 'run-2' : 'run-1',
    };
    const at = this.draw() < 0.8 ? escalation.created_at : this.before();
    const deadline = new Date(Date.now() + (this.draw() < 0.2 ? -50 : 600_000));
    const above = this.draw() < 0.15 ? (this.one(this.made)?.grant ?? null) : null;
    const grant = {
      ...grantIn(uid, id, 'ready'),
      actions: ACTIONS.filter(() => this.draw() < 0.6),
      created_at: at,
      ready_until: deadline,
      deadline,
      parents: above === null ? null : [above],
      heartbeat_seconds: this.draw() < 0.15 ? 60 : null,
    };
    return { escalation, grant };
  }

  private async grant(uid = this.agent()): Promise<void> {
    const { escalation, grant } = this.row(uid);
    const asked = escalation.id;
    const voter = this.draw() < 0.3 ? (this.draw() < 0.5 ? 'bob' : 'carol') : null;
    const kept = await this.unlessStopped(grant['id'] as string, async (client) => {
      await insertRow(client, 'escalations', escalation);
      if (voter !== null) await this.approve(client, asked, voter);
      await insertRow(client, 'grants', grant);
    });
    if (kept) this.made.push({ grant: grant['id'] as string, escalation: asked });
  }

  /**
   * What a writer does: nobody gives what a stop that he can see has ended. Whoever cannot see it is known by his number,
   * which he has before he looks.
   */
  private async unlessStopped(grant: string, write: (client: pg.PoolClient) => Promise<unknown>): Promise<boolean> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      await client.query('select pg_current_xact_id()');
      await write(client);
      const { rows } = await client.query<{ stopped: boolean }>(
        `select least(${grantKilledAt('g')}, ${grantRestoredAt('g')}, (select min(k."compromised_at") from "tokens" t
           join "signing_keys" k on k."kid" = t."kid" where t."grant_id" = g."id" and t."ended_at" is null)) is not null as "stopped"
         from "grants" g where g."id" = $1`,
        [grant],
      );
      const kept = rows[0]?.stopped !== true;
      await client.query(kept ? 'commit' : 'rollback');
      return kept;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  }

  private approve(client: pg.PoolClient, escalation: string, person: string): Promise<unknown> {
    return insertRow(client, 'votes', {
      id: `vot_${randomUUID()}`,
      escalation_id: escalation,
      person_id: person,
      verdict: 'approve',
      digest: 'd',
      via: 'console',
      at: this.before(),
      mac: 'm',
    });
  }

  /** Several of several agents in one statement, the later before the earlier. */
  private async batch(): Promise<void> {
    await this.pool.query(
      `with made as (
         insert into "escalations" ("id", "agent_uid", "agent_id", "owner_id", "resource", "status", "last_change", "digest", "request", "task_id", "risk",
           "policy_version", "policy", "policy_mac", "deferral_hash", "deadline", "decided_at", "granted", "grant_digest")
         select 'esc_' || gen_random_uuid(), u, 'a', 'o', 'r', 'approved', 'allowed', 'd', '{}', 't', 'low', 'v', '{}', 'm',
           decode(md5(random()::text || u || n), 'hex'), clock_timestamp() + interval '1 hour', clock_timestamp(), '{}', 'g'
         from unnest($1::bigint[]) u, generate_series(1, 4) n returning "id", "agent_uid")
       insert into "grants" ("id", "escalation_id", "agent_uid", "agent_id", "resource", "actions", "status", "last_change", "digest", "granted",
         "grant_digest", "mac", "created_at", "ready_until", "deadline")
       select "id", "id", "agent_uid", 'a', 'r', $2, 'ready', 'issued', 'd', '{}', 'g', 'm',
         date_trunc('second', clock_timestamp()) - (row_number() over () % 3) * interval '1 second', d, d
       from made, (select clock_timestamp() + interval '1 hour' as d) x`,
      [this.agents, ACTIONS],
    );
  }

  private async activate(): Promise<void> {
    const grant = this.one(this.made)?.grant;
    if (grant === undefined) return;
    const [silent, kid] = [this.draw() < 0.3 ? 150 : 0, this.draw() < 0.5 ? 'kid-1' : 'kid-2'];
    await this.unlessStopped(grant, async (client) => {
      const { rowCount } = await client.query(
        `update "grants" set "status" = 'active', "last_change" = 'activated', "activated_at" = clock_timestamp() - $2 * interval '1 second',
           "expires_at" = x."until", "deadline" = x."until"
         from (select clock_timestamp() + interval '10 minutes' as "until") x where "id" = $1 and "status" = 'ready'`,
        [grant, silent],
      );
      if (rowCount === 0) return;
      await insertRow(client, 'tokens', {
        jti: `tok_${randomUUID()}`,
        grant_id: grant,
        kid,
        claims: '{}',
        expires_at: new Date(Date.now() + 600_000),
      });
    });
  }

  /** Several at once, of whoever holds them. */
  private async end(): Promise<void> {
    const some = [this.one(this.made)?.grant, this.one(this.made)?.grant];
    await this.pool.query(
      `with ended as (update "tokens" set "ended_at" = clock_timestamp() where "grant_id" = any($1) and "ended_at" is null)
       update "grants" set "status" = 'revoked', "last_change" = 'revoked', "ended_at" = clock_timestamp(), "end_reason" = 'revoked_by_agent'
       where "id" = any($1) and "status" in ('ready', 'active')`,
      [some],
    );
  }

  private denied(): Promise<unknown> {
    const code = this.draw() < 0.3 ? 'identical_denied' : 'policy_denied';
    return insertRow(this.pool, 'escalations', {
      ...escalationIn(this.agent(), 'denied'),
      last_change: 'refused',
      denial: JSON.stringify(this.draw() < 0.1 ? {} : { code }),
      decided_at: this.before(),
    });
  }

  private async asks(): Promise<void> {
    const above = this.draw() < 0.3 ? (this.one(this.made)?.grant ?? null) : null;
    const row = {
      ...escalationIn(this.agent(), 'pending'),
      last_change: 'requested',
      created_at: this.before(),
      deadline: new Date(Date.now() + (this.draw() < 0.2 ? -50 : 600_000)),
      task_id: this.draw() < 0.5 ? 'run-2' : 'run-1',
      parents: above === null ? null : [above],
    } as Record<string, unknown>;
    await insertRow(this.pool, 'escalations', row);
    this.asked.push(row['id'] as string);
  }

  private decided(): Promise<unknown> {
    return this.pool.query(
      `update "escalations" set "status" = 'denied', "last_change" = 'denied', "decided_at" = clock_timestamp(), "denial" = '{"code":"denied"}'
       where "id" = $1 and "status" = 'pending'`,
      [this.one(this.asked)],
    );
  }

  private async suspend(): Promise<void> {
    if (this.draw() < 0.2) return;
    const uid = this.agent();
    await this.pool.query(
      `with at as (select clock_timestamp() as "at"), said as (
         insert into "agent_suspensions" ("agent_uid", "change", "at", "actor_kind", "actor_id", "mac")
         select $1, 'suspended', "at", 'system', 'writ', 'm' from at)
       select 1`,
      [uid],
    );
    await this.pool.query(
      `update "agents" set "suspended" = true, "not_before" = (select max("at") from "agent_suspensions" where "agent_uid" = $1) where "uid" = $1`,
      [uid],
    );
  }

  private async stop(): Promise<void> {
    if (this.draw() < 0.3) return;
    const task = this.draw() < 0.6;
    const { rows } = await this.pool.query<{ id: string }>(
      `insert into "kill_switches" ("kind", "subject", "not_before", "mac") values ($1, $2, clock_timestamp(), 'm') returning "id"::text as "id"`,
      [task ? 'task' : 'approver', task ? `${this.agent()}/run-2` : 'carol'],
    );
    if (this.draw() < 0.3) await insertRow(this.pool, 'broken_seals', { kind: 'kill', row: rows[0]?.id });
  }

  private compromise(): Promise<unknown> {
    if (this.draw() < 0.7) return Promise.resolve();
    return this.pool.query(
      `update "signing_keys" set "compromised_at" = clock_timestamp(), "wrapped_private" = '' where "kid" = 'kid-2' and "compromised_at" is null`,
    );
  }

  private async restore(): Promise<void> {
    if (this.draw() < 0.7) return;
    await this.pool.query(
      `insert into "restore_epochs" ("declared_at", "declared_by", "cause") values (clock_timestamp() - interval '10 hours', 'ops', 'declared')`,
    );
    await this.pool.query(
      `update "restore_epochs" set "reviewed_at" = clock_timestamp(), "reviewed_by" = 'ops', "verdict" = $1 where "reviewed_at" is null`,
      [this.draw() < 0.5 ? 'end' : 'keep'],
    );
  }

  /** A request that may be the one that is judged, and is no other pending one then. */
  judgedNow(): string | null {
    return this.draw() < 0.5 ? null : (this.one(this.asked) ?? null);
  }
}
