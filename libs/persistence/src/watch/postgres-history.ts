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
import { at } from '../sql/columns.js';
import { EVENT_COLUMNS, EVENT_FROM, nothingBefore } from '../sql/events.js';
import { usesOf } from '../use/postgres-uses.js';
import { DatabasePool, patient } from '../connection/pool.js';
import { GrantPages } from './grant-pages.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';

type StoredEvent = EventRow & EntryColumns;

/** Of one page: as often more rows are read where some are no facts. */
const ROUNDS_MAX = 20;
/** Rows that a statement reads: the usual page, or the longest, and one more. */
const PAGES = [51, 201] as const;

/** `status` and the other filters as one WHERE with numbered parameters. */
class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];
  /** Of the statement: each set of conditions is planned by itself, so that each finds its index. */
  name = '';

  /** Adds a condition; `?` stands for the parameter. */
  add(name: string, condition: string, value: unknown): void {
    if (value === undefined) return;
    this.name += `-${name}`;
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
      this.patiently.query<StoredEvent>({
        name: 'history-story',
        text: `select ${EVENT_COLUMNS} ${EVENT_FROM} where e."escalation_id" = $1 and e."at" >= ${at(2)} order by e."seq"`,
        values: [grant.escalationId, nothingBefore(grant.escalationId)],
      }),
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
    where.add('type', 'e."type" = ?', filter.type);
    where.add('agent', 'e."agent_id" = ?', filter.agent);
    where.add('escalation', 'e."escalation_id" = ?', filter.escalation);
    where.add('grant', 'e."grant_id" = ?', filter.grant);
    const about = [filter.escalation, filter.grant].filter((id) => id !== undefined);
    if (about.length > 0) where.add('since', 'e."at" >= to_timestamp(?::float8 / 1000)', nothingBefore(...about));
    where.add('actor', 'e."actor_id" = ?', filter.actor);
    where.add('from', 'e."at" >= to_timestamp(?::float8 / 1000)', filter.from);
    where.add('to', 'e."at" < to_timestamp(?::float8 / 1000)', filter.to);
    if (after !== null) where.add('after', 'e."seq" < ?::bigint', after);
    // A number that PostgreSQL knows: of one it does not, it would take a tenth of all events to be meant.
    const most = PAGES.find((size) => limit <= size) ?? limit;
    const { rows } = await this.patiently.query<StoredEvent>({
      name: `history-events-${most}${where.name}`,
      text: `select ${EVENT_COLUMNS} ${EVENT_FROM} ${where.where} order by e."seq" desc limit ${most}`,
      values: where.values,
    });
    return rows.slice(0, limit);
  }
}
