import { Injectable } from '@nestjs/common';
import {
  History,
  type EventFilter,
  type EventRow,
  type GrantFilter,
  type GrantPosition,
  type GrantStory,
} from '#escalations/watch/history.js';
import { PostgresEscalations } from '../ask/postgres-escalations.js';
import { PostgresGrants } from '../collect/postgres-grants.js';
import { tokensOf } from '../collect/postgres-tokens.js';
import { PostgresVotes } from '../decide/postgres-votes.js';
import { Journal, type EntryColumns } from '../connection/journal.js';
import { EVENT_COLUMNS, EVENT_FROM } from '../sql/events.js';
import { usesOf } from '../use/postgres-uses.js';
import { DatabasePool, patient } from '../connection/pool.js';
import { GrantPages } from './grant-pages.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';

type StoredEvent = EventRow & EntryColumns;

/** Of one page: as often more rows are read where some are no facts. */
const ROUNDS_MAX = 20;

/** `status` and the other filters as one WHERE with numbered parameters. */
class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];

  /** Adds a condition; `?` stands for the parameter. */
  add(condition: string, value: unknown): void {
    if (value === undefined) return;
    this.values.push(value);
    this.parts.push(condition.replaceAll('?', `$${this.values.length}`));
  }

  get where(): string {
    return this.parts.length === 0 ? '' : `where ${this.parts.join(' and ')}`;
  }
}

/** Auditors' queries: raw SQL over keyset indexes. */
@Injectable()
export class PostgresHistory extends History {
  private readonly patiently: Pick<DatabasePool, 'query'>;
  private readonly list: GrantPages;

  constructor(
    private readonly pool: DatabasePool,
    private readonly configurations: SealedConfigurations,
    private readonly journal: Journal,
  ) {
    super();
    this.patiently = patient(pool);
    this.list = new GrantPages(pool);
  }

  override grants(filter: GrantFilter, limit: number, after: GrantPosition | null): ReturnType<History['grants']> {
    return this.list.page(filter, limit, after);
  }

  override async grantStory(id: string): Promise<GrantStory | null> {
    const found = await new PostgresGrants(this.pool).byId(id);
    if (found === null) return null;
    const { grant, now } = found;
    const [asked, votes, tokens, uses, { rows }] = await Promise.all([
      new PostgresEscalations(this.pool).byId(grant.escalationId),
      new PostgresVotes(this.pool, this.configurations).of(grant.escalationId),
      tokensOf(this.pool, grant.id),
      usesOf(this.pool, grant.id),
      this.patiently.query<StoredEvent>(
        `select ${EVENT_COLUMNS} ${EVENT_FROM} where e."escalation_id" = $1 order by e."seq"`,
        [grant.escalationId],
      ),
    ]);
    const events = this.journal.facts(rows);
    return asked === null ? null : { grant, escalation: asked.escalation, votes, tokens, uses, events, now };
  }

  override async events(filter: EventFilter, limit: number, afterSeq: string | null): ReturnType<History['events']> {
    const found: EventRow[] = [];
    let after = afterSeq;
    // Rows that are no facts fill no page: a reader who stops at an empty one would not see what lies behind them.
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const rows = await this.readEvents(filter, limit + 1, after);
      found.push(...this.journal.facts(rows));
      after = rows.at(-1)?.seq ?? null;
      if (found.length > limit) return { rows: found.slice(0, limit), next: found[limit - 1]?.seq ?? null };
      if (rows.length <= limit) return { rows: found, next: null };
    }
    return { rows: found, next: after };
  }

  private async readEvents(filter: EventFilter, limit: number, after: string | null): Promise<StoredEvent[]> {
    const where = new Conditions();
    where.add('e."type" = ?', filter.type);
    where.add('e."agent_id" = ?', filter.agent);
    where.add('e."escalation_id" = ?', filter.escalation);
    where.add('e."grant_id" = ?', filter.grant);
    where.add('e."actor_id" = ?', filter.actor);
    where.add('e."at" >= to_timestamp(?::float8 / 1000)', filter.from);
    where.add('e."at" < to_timestamp(?::float8 / 1000)', filter.to);
    if (after !== null) where.add('e."seq" < ?::bigint', after);
    const { rows } = await this.patiently.query<StoredEvent>(
      `select ${EVENT_COLUMNS} ${EVENT_FROM} ${where.where} order by e."seq" desc limit ${limit}`,
      where.values,
    );
    return rows;
  }
}
