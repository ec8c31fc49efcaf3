import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { presentRevocation, type RevocationsAnswer } from '#contracts/watch/revocations.dto.js';
import { LIMITS } from '#domain/limits.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { FollowRevocations } from '#escalations/watch/revocation-feed.js';
import { type FeedPage, type FeedPosition } from '#escalations/watch/revocation-log.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { CursorSeal } from '#platform/http/cursor.js';
import { KeyRing } from '#tokens/key-ring.js';
import { revocationsToken } from '#tokens/signed-document.js';
import { orRefuse } from '../edge/contract.pipe.js';

/** What a cursor says: how far its reader has come, and for which audiences that is true. */
interface Mark {
  readonly audiences: string;
  readonly position: FeedPosition;
}

/** The feed on the wire: cursors opened and sealed, pages signed, readers counted. */
@Injectable()
export class RevocationPages {
  private readonly readers = new Map<string, number>();
  private readonly answers = new WeakMap<FeedPage, Map<string, RevocationsAnswer>>();

  constructor(
    private readonly feed: FollowRevocations,
    private readonly cursors: CursorSeal,
    private readonly ring: KeyRing,
    private readonly broker: BrokerIdentity,
  ) {}

  /** Counts a reader of this verifier; refuses `rate_limited` past a hundred. Call what it answers at the end. */
  enter(clientId: string): () => void {
    const count = this.readers.get(clientId) ?? 0;
    if (count >= LIMITS.revocationReadersMax)
      throw new RefusalError(refuse('rate_limited', 'Too many readers of the feed.', { retryAfterSeconds: 1 }));
    this.readers.set(clientId, count + 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const left = (this.readers.get(clientId) ?? 1) - 1;
      if (left === 0) this.readers.delete(clientId);
      else this.readers.set(clientId, left);
    };
  }

  /** Refuses a cursor that is not of this verifier, before anybody waits. @param name of the member that carried it */
  check(clientId: string, cursor: string | null, name: string): void {
    if (cursor !== null && this.markOf(clientId, cursor) === null)
      throw new RefusalError(
        refuse('invalid_request', 'The cursor is not one of yours.', {
          errors: [{ pointer: name, rule: 'must be a cursor that this feed gave you' }],
        }),
      );
  }

  /**
   * The page after `cursor`; from the beginning without one, and when the verifier's audiences have changed since it was
   * given, so that what ended before for a new audience is not missed. Refuses who is no verifier.
   */
  async next(clientId: string, cursor: string | null, waitMs: number, gone: AbortSignal): Promise<RevocationsAnswer> {
    const audiences = orRefuse(await this.feed.audiences(clientId));
    const fingerprint = createHash('sha256').update(JSON.stringify(audiences)).digest('base64url').slice(0, 22);
    const mark = cursor === null ? null : this.markOf(clientId, cursor);
    const from = mark?.audiences === fingerprint ? mark.position : null;
    const page = await this.feed.next(audiences, from, waitMs, gone);
    return this.answerOf(clientId, fingerprint, page);
  }

  /** Sealed and signed once for all streams of a verifier that have come as far. */
  private answerOf(clientId: string, fingerprint: string, page: FeedPage): RevocationsAnswer {
    const told = this.answers.get(page) ?? new Map<string, RevocationsAnswer>();
    this.answers.set(page, told);
    const answer = told.get(clientId) ?? this.seal(clientId, fingerprint, page);
    told.set(clientId, answer);
    return answer;
  }

  private seal(clientId: string, fingerprint: string, page: FeedPage): RevocationsAnswer {
    const items = page.items.map(presentRevocation);
    const next: Mark = { audiences: fingerprint, position: page.position };
    const sealed = this.cursors.seal(next, boundTo(clientId));
    const key = this.ring.signingKey('ES256');
    const signed = revocationsToken(this.broker.issuer, clientId, { cursor: sealed, items }, page.now, key);
    return { items, cursor: sealed, caught_up: page.caughtUp, signed };
  }

  private markOf(clientId: string, cursor: string): Mark | null {
    return this.cursors.open(cursor, boundTo(clientId)) as Mark | null;
  }
}

function boundTo(clientId: string): unknown {
  return { feed: 'revocations', caller: clientId };
}
