import { Injectable } from '@nestjs/common';
import { FAST_SECONDS, type ApprovalPace, type PacedDecision } from '#domain/approval/pace.js';
import type { EventRow } from '#escalations/watch/history.js';
import {
  DecisionPace,
  INSIGHT_DAYS,
  Insights,
  type ApproverInsight,
  type RuleInsight,
  type StoredDecision,
} from '#escalations/watch/insights.js';
import { Journal, type EntryColumns } from '../connection/journal.js';
import { DatabasePool, patient } from '../connection/pool.js';
import { ms } from '../sql/columns.js';
import { EVENT_COLUMNS, EVENT_FROM } from '../sql/events.js';

const SINCE = `clock_timestamp() - interval '${INSIGHT_DAYS} days'`;

/**
 * Every vote with the moment from which its person can have looked: the request, its first card, or the vote before.
 * @param where over `v`, the votes
 * @param first the parameter that holds `FirstCards`
 */
function paced(where: string, first: string): string {
  return `select v."person_id" as "person", v."escalation_id" as "escalation", v."verdict", v."at", extract(epoch from v."at" - e."created_at")::float8 as "took",
      extract(epoch from v."at" - greatest(e."created_at", lag(v."at") over (partition by v."person_id" order by v."at"),
        case when to_timestamp(c."at" / 1000) <= v."at" then to_timestamp(c."at" / 1000) end))::float8 as "seconds"
    from "votes" v join "escalations" e on e."id" = v."escalation_id"
    left join json_to_recordset(${first}::json) as c("escalation" text, "at" float8) on c."escalation" = e."id" where ${where}`;
}

/** When the first card of each escalation was posted, as JSON for `paced`; of the history only what is a fact. */
type FirstCards = string;

/** The escalations of these votes; `where` and `values` as those of `paced`, `name` as that of its statement. */
async function firstCards(
  pool: Pick<DatabasePool, 'query'>,
  journal: Journal,
  name: string,
  where: string,
  values: unknown[],
): Promise<FirstCards> {
  const { rows } = await pool.query<EventRow & EntryColumns>({
    name: `${name}-cards`,
    text: `select ${EVENT_COLUMNS} ${EVENT_FROM} where e."type" = 'card.posted'
           and e."escalation_id" in (select v."escalation_id" from "votes" v where ${where}) order by e."at" desc`,
    values,
  });
  const first = new Map(journal.facts(rows).map(({ escalation, at }) => [escalation, at]));
  return JSON.stringify([...first].map(([escalation, at]) => ({ escalation, at })));
}

/** Measures of deciding, by SQL over what is stored anyway. */
@Injectable()
export class PostgresInsights extends Insights {
  private readonly pool: Pick<DatabasePool, 'query'>;

  constructor(
    pool: DatabasePool,
    private readonly journal: Journal,
  ) {
    super();
    this.pool = patient(pool);
  }

  override async approvers(person: string | null): Promise<ApproverInsight[]> {
    const where = `v."at" > ${SINCE} and ($1::text is null or v."person_id" = $1)`;
    const { rows } = await this.pool.query<ApproverInsight>({
      name: 'insights-approvers',
      text: `select "person", (count(*) filter (where "verdict" = 'approve'))::int as "approved",
               (count(*) filter (where "verdict" = 'deny'))::int as "denied",
               percentile_cont(0.5) within group (order by "took") as "medianSeconds",
               (count(*) filter (where "verdict" = 'approve' and "seconds" <= ${FAST_SECONDS}))::int as "fastApprovals"
             from (${paced(where, '$2')}) p
             group by "person" order by count(*) desc, "person"`,
      values: [person, await firstCards(this.pool, this.journal, 'insights-approvers', where, [person])],
    });
    return rows;
  }

  override async rules(): Promise<RuleInsight[]> {
    const byPeople = `e."status" = 'denied' and e."denial" ->> 'by' = 'person' and e."denial" ->> 'code' <> 'identical_denied'`;
    const [{ rows }, paces] = await Promise.all([
      this.pool.query<Omit<RuleInsight, 'pace'>>({
        name: 'insights-rules',
        text: `select r."rule", count(*)::int as "asked", (count(*) filter (where e."status" = 'approved'))::int as "approved",
               (count(*) filter (where ${byPeople}))::int as "denied",
               (count(*) filter (where e."status" = 'lapsed'))::int as "lapsed",
               (count(*) filter (where e."status" = 'cancelled'))::int as "cancelled",
               percentile_cont(0.5) within group (order by extract(epoch from e."decided_at" - e."created_at")::float8)
                 filter (where e."status" = 'approved' or (${byPeople})) as "medianSeconds"
             from "escalations" e cross join lateral jsonb_array_elements_text(e."policy" -> 'determining') as r("rule")
             where e."created_at" > ${SINCE} and e."policy" ->> 'outcome' = 'require_approval'
             group by r."rule" order by count(*) desc, r."rule"`,
      }),
      this.paces(),
    ]);
    return rows.map((row) => ({ ...row, pace: paces.get(row.rule) ?? { approvals: 0, fast: 0 } }));
  }

  /** How fast people approved what each rule sent to them, judged as `approvers` judges it. */
  private async paces(): Promise<ReadonlyMap<string, ApprovalPace>> {
    const where = `v."at" > ${SINCE}`;
    const { rows } = await this.pool.query<ApprovalPace & { rule: string }>({
      name: 'insights-rule-pace',
      text: `select r."rule", count(*)::int as "approvals", (count(*) filter (where p."seconds" <= ${FAST_SECONDS}))::int as "fast"
             from (${paced(where, '$1')}) p join "escalations" e on e."id" = p."escalation"
             cross join lateral jsonb_array_elements_text(e."policy" -> 'determining') as r("rule")
             where p."verdict" = 'approve' and e."created_at" > ${SINCE} and e."policy" ->> 'outcome' = 'require_approval'
             group by r."rule"`,
      values: [await firstCards(this.pool, this.journal, 'insights-rule-pace', where, [])],
    });
    return new Map(rows.map(({ rule, ...pace }) => [rule, pace]));
  }

  override async askedBy(rule: string, limit: number): Promise<StoredDecision[]> {
    const { rows } = await this.pool.query<StoredDecision>({
      name: 'insights-asked-by',
      text: `select e."agent_id" as "agentId", e."request", e."policy" -> 'facts' as "facts", e."status", ${ms('e."created_at"')} as "createdAt"
             from "escalations" e
             where e."created_at" > ${SINCE} and e."policy" ->> 'outcome' = 'require_approval'
               and e."policy" -> 'determining' @> jsonb_build_array($1::text)
             order by e."created_at" desc limit $2`,
      values: [rule, limit],
    });
    return rows;
  }
}

/** The pace of one person, from their newest votes. */
@Injectable()
export class PostgresDecisionPace extends DecisionPace {
  private readonly pool: Pick<DatabasePool, 'query'>;

  constructor(
    pool: DatabasePool,
    private readonly journal: Journal,
  ) {
    super();
    this.pool = patient(pool);
  }

  override async latest(person: string): Promise<PacedDecision[]> {
    const where = `v."id" in (select "id" from "votes" where "person_id" = $1 order by "at" desc limit 21)`;
    const { rows } = await this.pool.query<PacedDecision>({
      name: 'decision-pace',
      text: `select "verdict", "seconds" from (${paced(where, '$2')}) p order by "at" desc limit 20`,
      values: [person, await firstCards(this.pool, this.journal, 'decision-pace', where, [person])],
    });
    return rows;
  }
}
