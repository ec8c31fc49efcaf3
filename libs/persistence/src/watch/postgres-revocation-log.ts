import { Injectable } from '@nestjs/common';
import {
  RevocationLog,
  type FeedPage,
  type FeedPosition,
  type Revocation,
  type RevocationKind,
} from '#escalations/watch/revocation-log.js';
import { ms, stillAccepted } from '../sql/columns.js';
import { IN_ANY_STATUS } from '../sql/grants.js';
import { DatabasePool } from '../connection/pool.js';

interface Row {
  readonly seq: string;
  readonly txid: string;
  readonly kind: RevocationKind;
  readonly subject: string | null;
  readonly jtis: string[] | null;
  readonly notBefore: number;
  readonly at: number;
}

interface Read {
  readonly snapshot: string;
  readonly now: number;
  /** The position is of a later time than this database knows: it was restored. */
  readonly ahead: boolean;
  readonly rows: Row[] | null;
}

/** Tokens that a task was given, or a person's approvals: verifiers know neither, so they are told each token. */
const TOKENS_CONCERNED = `case r."kind"
  when 'grant' then r."jtis"
  when 'task' then (select array_agg(t."jti") from "escalations" e join "grants" g on g."escalation_id" = e."id" and g."resource" = any($1)
    join "tokens" t on t."grant_id" = g."id" and t."ended_at" is null and ${stillAccepted('t."expires_at"')}
    where e."agent_uid" = split_part(r."subject", '/', 1)::bigint and e."task_id" = substr(r."subject", strpos(r."subject", '/') + 1)
      and e."created_at" <= r."not_before")
  when 'approver' then (select array_agg(t."jti") from "votes" v
    join "grants" g on g."escalation_id" = v."escalation_id" and g."status" in ('ready', 'active') and g."resource" = any($1)
    join "tokens" t on t."grant_id" = g."id" and t."ended_at" is null and ${stillAccepted('t."expires_at"')}
    where v."person_id" = r."subject" and v."verdict" = 'approve' and v."at" <= r."not_before" and v."at" > r."not_before" - interval '8 days')
  end`;

/** An agent is named only to who could have met a token of it. */
const SUBJECT_NAMED = `case r."kind" when 'key' then r."subject" when 'restore' then r."subject"
  when 'agent' then (select 'agent:' || a."id" from "agents" a where a."uid" = r."subject"::bigint and exists (
    select 1 from "grants" g where g."agent_uid" = a."uid" and ${IN_ANY_STATUS} and g."resource" = any($1) and g."activated_at" is not null
      and g."created_at" > r."not_before" - interval '2 hours')) end`;

/** Reads by snapshot: what one did not hold and the next one does is exactly what was committed between them. */
@Injectable()
export class PostgresRevocationLog extends RevocationLog {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async read(audiences: readonly string[], from: FeedPosition | null, rowsMax: number): Promise<FeedPage> {
    const { snapshot, now, ahead, rows } = await this.rows(audiences, from, rowsMax + 1);
    if (ahead) return this.read(audiences, null, rowsMax);
    const page = (rows ?? []).slice(0, rowsMax);
    const last = page.at(-1);
    const caughtUp = (rows ?? []).length <= rowsMax;
    const upTo = from?.within?.upTo ?? snapshot;
    const position: FeedPosition =
      caughtUp || last === undefined
        ? { since: upTo }
        : { since: from?.since ?? null, within: { upTo, txid: last.txid, seq: last.seq } };
    // A read that went page by page ends at the snapshot it began with: what came since is the next one's.
    return { items: page.flatMap(itemsOf), position, caughtUp: caughtUp && upTo === snapshot, now };
  }

  private async rows(audiences: readonly string[], from: FeedPosition | null, limit: number): Promise<Read> {
    const { rows } = await this.pool.query<Read>({
      name: 'revocations-read',
      text: `with here as materialized (select pg_current_snapshot() as "snap")
             select here."snap"::text as "snapshot", ${ms('clock_timestamp()')} as "now",
               coalesce(greatest(pg_snapshot_xmax($2::pg_snapshot), pg_snapshot_xmax($3::pg_snapshot)) > pg_snapshot_xmax(here."snap"), false) as "ahead",
               (select json_agg(f order by f."t", f."s") from (
                 select r."seq"::text as "seq", r."txid"::text as "txid", r."txid" as "t", r."seq" as "s", r."kind",
                   ${SUBJECT_NAMED} as "subject", ${TOKENS_CONCERNED} as "jtis", ${ms('r."not_before"')} as "notBefore", ${ms('r."at"')} as "at"
                 from "revocations" r
                 where ${stillAccepted('r."until"')} and (r."audience" is null or r."audience" = any($1))
                   and ($2::pg_snapshot is null or (r."txid" >= pg_snapshot_xmin($2::pg_snapshot) and not pg_visible_in_snapshot(r."txid", $2::pg_snapshot)))
                   and ($3::pg_snapshot is null or (pg_visible_in_snapshot(r."txid", $3::pg_snapshot) and (r."txid", r."seq") > ($4::xid8, $5::bigint)))
                 order by r."txid", r."seq" limit $6) f) as "rows"
             from here`,
      values: [
        audiences,
        from?.since ?? null,
        from?.within?.upTo ?? null,
        from?.within?.txid ?? null,
        from?.within?.seq ?? null,
        limit,
      ],
    });
    const [read] = rows;
    if (read === undefined) throw new Error('a read of the feed answers one row');
    return read;
  }
}

function itemsOf({ seq, kind, subject, jtis, notBefore, at }: Row): Revocation[] {
  const common = { seq, kind, notBefore, at };
  if (subject !== null) return [{ ...common, subject }];
  return (jtis ?? []).map((jti) => ({ ...common, jti }));
}
