import { randomInt } from 'node:crypto';
import type pg from 'pg';
import type { OneTimeAssertion } from '#domain/caller-proof.js';
import { LIMITS } from '#domain/limits.js';
import type { StoredAnswer } from '#escalations/ask/stored-answer.js';
import type { Needs } from '#escalations/needs.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import type { TokenRow } from '#escalations/rows/token.js';
import type { StoredUse } from '#escalations/use/use-rows.js';
import type { CountedFacts } from '../sql/facts.js';
import { nothingBefore } from '../sql/events.js';
import type { Epoch } from '../sql/ends.js';
import type { Sealed } from '../sql/sealed-records.js';

/** Places drawn for each token: all taken means that the list is about a third full, and another is begun. */
const DRAWS = 8;

/** What was locked and read for one work. A grant and the like are `null` where there is none, or more to lock first. */
export interface Taken {
  /** The assertion was not used before. */
  readonly fresh: boolean;
  readonly agent: {
    readonly uid: string;
    readonly id: string;
    readonly suspensions: Sealed<'suspension'>[] | null;
  } | null;
  /** Calls of this minute with this one; `null` where it was not counted. */
  readonly calls: number | null;
  readonly facts: CountedFacts | null;
  readonly like: readonly string[] | null;
  readonly claimed: boolean | null;
  readonly stored: StoredAnswer | null;
  /** As read: what has ended it is still to be judged. */
  readonly grant: GrantRow | null;
  readonly token: TokenRow | null;
  readonly uses: StoredUse[] | null;
  readonly idx: number | null;
}

/** What was read for all works of a batch. */
export interface TakenBatch {
  /** Epoch milliseconds of the database clock, after the last lock. */
  readonly now: number;
  /** Name of the newest configuration; `null`: none was applied. */
  readonly head: string | null;
  /** The key that signs now, by algorithm. */
  readonly kids: Readonly<Record<string, string | null>> | null;
  /** The status list that was begun last; `null`: none was. */
  readonly list: number | null;
  /** Restores of the database, with their reviews, for whether anything may be minted. */
  readonly epochs: readonly Epoch[] | null;
  /** Seconds until the minute of calls turns. */
  readonly reset: number;
  readonly works: readonly Taken[];
}

/** What one work needs, and what of it was done in an earlier transaction of the same call. */
export interface Asked {
  readonly needs: Needs;
  /** Its call is counted. */
  readonly counted: boolean;
}

/**
 * Locks and reads what these works need, in one statement: `take_batch`.
 * @param unsound names of configurations that count for nothing
 */
export async function takeBatch(
  client: pg.PoolClient,
  asked: readonly Asked[],
  unsound: readonly string[],
): Promise<TakenBatch> {
  const unreadable = [...new Set(asked.flatMap(({ needs }) => needs.signs?.unreadable ?? []))];
  const { rows } = await client.query<{ taken: Omit<TakenBatch, 'works'> & { works: (Taken & { n: number })[] } }>({
    name: 'batch-take',
    text: `select "take_batch"($1, $2, $3, $4, $5, $6, $7, $8, $9) as "taken"`,
    values: [JSON.stringify(asked.map(rowOf)), unsound, unreadable, LIMITS.statusListBits, ...kindsOf(asked)],
  });
  const taken = rows[0]?.taken;
  if (taken === undefined) throw new Error('what is needed is one row');
  const works = [...taken.works].sort((one, other) => one.n - other.n);
  return { ...taken, works };
}

/** Whether some work proves its caller, asks, may be repeated, holds a grant, signs. */
function kindsOf(asked: readonly Asked[]): boolean[] {
  const some = (has: (needs: Needs) => unknown): boolean => asked.some(({ needs }) => has(needs) !== undefined);
  return [
    asked.some(({ needs }) => assertionOf(needs) !== null),
    some(({ turn }) => turn),
    some(({ call }) => call),
    some(({ grantOf, use }) => grantOf ?? use),
    some(({ signs }) => signs),
  ];
}

/** What is still to be used up. */
function assertionOf({ proof }: Needs): OneTimeAssertion | null {
  return proof === undefined || proof.spent ? null : proof.assertion;
}

function rowOf({ needs, counted }: Asked, n: number): Record<string, unknown> {
  const { agent, turn, grantOf, use, signs, call } = needs;
  const assertion = assertionOf(needs);
  return {
    n,
    ...('uid' in agent ? { uid: agent.uid } : { agent: agent.id }),
    ...(turn === undefined ? {} : { seq: turn.seq, counts: !counted, actions: turn.actions, ask_hash: turn.askHash }),
    ...(grantOf === undefined ? {} : { escalation: grantOf }),
    ...(use === undefined
      ? {}
      : { grant: use.grant, jti: use.jti, verifier: use.verifier, call_id: use.callId, since: nothingBefore(use.jti) }),
    ...(signs === undefined
      ? {}
      : { alg: signs.alg, spots: Array.from({ length: DRAWS }, () => randomInt(LIMITS.statusListBits)) }),
    ...(call === undefined
      ? {}
      : {
          caller: call.caller,
          route: call.route,
          key: call.key,
          call: JSON.stringify([call.caller, call.route, call.key]),
        }),
    ...(assertion === null
      ? {}
      : {
          subject: assertion.subject,
          assertion: assertion.jti,
          expires: assertion.expiresSeconds + LIMITS.clockSkewSeconds,
          life: LIMITS.assertionLifeSecondsMax + LIMITS.clockSkewSeconds,
        }),
  };
}
