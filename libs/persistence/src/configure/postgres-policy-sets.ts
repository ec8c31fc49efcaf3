import { setImmediate as roundOfTheLoop } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { appliedContent, configurationContent } from '#escalations/sealed-content.js';
import {
  DECISIONS_MAX,
  PolicySets,
  type ChangePosition,
  type DecisionCounts,
  type KeptConfiguration,
  type PolicyChange,
} from '#escalations/configure/policy-sets.js';
import { Seals } from '#escalations/ports.js';
import { DatabasePool, patient } from '../connection/pool.js';
import { CONFIGURATION_ROW, type StoredConfiguration } from '../sql/sealed-configurations.js';
import { ms } from '../sql/columns.js';

/** Rows read at once on the way to one whose seal is right. */
const BATCH = 20;
/** Longer than any transaction. */
const UNDER_WAY_MS = 60_000;
const ROW = `${CONFIGURATION_ROW}, ${ms('c."applied_at"')} as "appliedAt", c."applied_mac" as "appliedMac"`;

type Row = StoredConfiguration & { readonly appliedAt: number; readonly appliedMac: string | null };

type Judged = { readonly kept: KeptConfiguration } | { readonly seq: string; readonly why: 'no_seal' | 'broken_seal' };

/** Applied configurations as their rows have them, each judged by its seals before a word of it is told. */
@Injectable()
export class PostgresPolicySets extends PolicySets {
  private readonly pool: Pick<DatabasePool, 'query'>;

  constructor(
    pool: DatabasePool,
    private readonly seals: Seals,
  ) {
    super();
    this.pool = patient(pool);
  }

  override async find(name: string): ReturnType<PolicySets['find']> {
    const named = `from "config_versions" c where (c."sha256" = $1 or c."policy_version" = $1)`;
    const read = async (order: string): Promise<Judged[]> => {
      const { rows } = await this.pool.query<Row>(`select ${ROW} ${named} order by c."seq" ${order} limit ${BATCH}`, [
        name,
      ]);
      return this.judgeEach(rows);
    };
    const [oldest, newest] = [await read('asc'), await read('desc')];
    const [first, last] = [oldest.find(isKept), newest.find(isKept)];
    if (first !== undefined && last !== undefined) return { first: first.kept, newest: last.kept };
    return [...oldest, ...newest].some((judged) => !isKept(judged) && judged.why === 'broken_seal') ? 'broken' : null;
  }

  override async page(limit: number, after: ChangePosition | null): ReturnType<PolicySets['page']> {
    const rows: Judged[] = [];
    for (let below = after?.seq ?? null; ;) {
      const batch = await this.below(below, limit + 1);
      rows.push(...batch);
      below = seqOf(batch.at(-1));
      // On to the one that the last of this page has changed.
      if (batch.length <= limit || rows.slice(limit).some(isKept)) break;
    }
    const shown = rows.slice(0, limit);
    const { asked, until } = intervals(shown, after?.until ?? null);
    const decisions = await this.decisions(asked);
    const changes = shown.map((judged, index): PolicyChange => {
      if (!isKept(judged)) return { sound: false, ...judged };
      const previous = rows.slice(index + 1).find(isKept);
      const counted = decisions.get(judged.kept.seq) ?? NOTHING;
      return { sound: true, applied: judged.kept, before: previous?.kept ?? null, decisions: counted };
    });
    const last = seqOf(shown.at(-1));
    return { changes, next: rows.length > limit && last !== null ? { seq: last, until } : null };
  }

  private async below(seq: string | null, limit: number): Promise<Judged[]> {
    const { rows } = await this.pool.query<Row>(
      `select ${ROW} from "config_versions" c where $1::bigint is null or c."seq" < $1::bigint order by c."seq" desc limit ${limit}`,
      [seq],
    );
    return this.judgeEach(rows);
  }

  /** One after another: a seal is over a whole configuration, and others get their turn between two. */
  private async judgeEach(rows: readonly Row[]): Promise<Judged[]> {
    const judged: Judged[] = [];
    for (const row of rows) {
      await roundOfTheLoop();
      judged.push(this.judge(row));
    }
    return judged;
  }

  private judge({ mac, appliedAt, appliedMac, ...applied }: Row): Judged {
    const { seq, sha256, policyVersion, appliedBy, catalog, policies } = applied;
    // From before there were seals, which is no news.
    if (mac === null) return { seq, why: 'no_seal' };
    const timed =
      appliedMac === null || this.seals.sound('configuration', seq, appliedContent(applied, appliedAt), appliedMac);
    if (!timed || !this.seals.sound('configuration', seq, configurationContent(applied), mac))
      return { seq, why: 'broken_seal' };
    const timeSealed = appliedMac !== null;
    return { kept: { seq, sha256, policyVersion, appliedBy, appliedAt, timeSealed, catalog, policies } };
  }

  /** The requests of each interval under its own policies. */
  private async decisions(asked: readonly Interval[]): Promise<ReadonlyMap<string, DecisionCounts>> {
    const { rows } = await this.pool.query<{ seq: string; outcome: string; count: number }>(
      `select r."seq", d."outcome", count(*)::int as "count"
       from json_to_recordset($1::json) as r("seq" text, "version" text, "from" float8, "to" float8)
       cross join lateral (
         select e."policy" ->> 'outcome' as "outcome" from "escalations" e
         where e."created_at" >= to_timestamp(r."from" / 1000) and e."policy_version" = r."version"
           and e."created_at" < coalesce(to_timestamp(r."to" / 1000), 'infinity')
         limit ${DECISIONS_MAX + 1}) d
       group by 1, 2`,
      [JSON.stringify(asked)],
    );
    const counts = new Map<string, DecisionCounts>();
    for (const { seq, outcome, count } of rows) {
      const before = counts.get(seq) ?? NOTHING;
      const key = outcome === 'allow' ? 'allowed' : outcome === 'deny' ? 'denied' : 'asked';
      counts.set(seq, { ...before, [key]: before[key] + count });
    }
    for (const [seq, { allowed, asked: people, denied }] of counts)
      counts.set(seq, { allowed, asked: people, denied, more: allowed + people + denied > DECISIONS_MAX });
    return counts;
  }
}

interface Interval {
  readonly seq: string;
  readonly version: string;
  readonly from: number;
  /** `null` while it is in force. */
  readonly to: number | null;
}

const NOTHING: DecisionCounts = { allowed: 0, asked: 0, denied: 0, more: false };

/** How long each sound row was in force, newest first: until the next sound one. */
function intervals(
  rows: readonly Judged[],
  after: ChangePosition['until'],
): { readonly asked: Interval[]; readonly until: ChangePosition['until'] } {
  const asked: Interval[] = [];
  let until = after;
  for (const { kept } of rows.filter(isKept)) {
    const { seq, policyVersion: version, appliedAt } = kept;
    // An ask that had begun before the change was judged by the configuration of that time.
    const grace = until?.version === version ? 0 : UNDER_WAY_MS;
    asked.push({ seq, version, from: appliedAt, to: until === null ? null : until.at + grace });
    until = { at: appliedAt, version };
  }
  return { asked, until };
}

function isKept(judged: Judged): judged is Extract<Judged, { kept: KeptConfiguration }> {
  return 'kept' in judged;
}

function seqOf(judged: Judged | undefined): string | null {
  if (judged === undefined) return null;
  return isKept(judged) ? judged.kept.seq : judged.seq;
}
