import type { CardTurns, LeasedCard, StoredCard, TurnEnd } from '../ports.js';

/** How the publishing of one escalation comes to post a card. */
export interface Posting {
  /** The one card that this is about; without it all cards of the escalation. */
  readonly onlyCard?: string;
  /** This card under its lease when it may be posted now, `null` otherwise. */
  turnOf(card: StoredCard): Promise<LeasedCard | null>;
  end(card: LeasedCard, end: TurnEnd): Promise<void>;
  waitSeconds(card: StoredCard): Promise<number>;
}

/** What a worker can do for a request whose card is first in a line, though its job is another's. */
export interface OtherRequests {
  /** Publishes it, and answers what became of each of its cards. */
  publish(escalationId: string, posting: Posting): Promise<readonly { cardId: string; outcome: string }[]>;
  /** Has it published once more, by a job of its own. */
  publishAgain(escalationId: string): Promise<void>;
}

/** A turn that its card had no use for, since nobody decides it any more or its channel is not asked: do not offer it again soon. */
const UNUSED: TurnEnd = { posted: false, restSeconds: 0, holdSeconds: 60 };
/** A turn in which something failed that is not the card's: its line goes on at once, it comes again soon. */
const FAILED: TurnEnd = { posted: false, restSeconds: 0, holdSeconds: 3 };
/** After these a card shows what it shall. */
const SETTLED: ReadonlySet<string> = new Set(['posted', 'updated', 'current']);

/**
 * Posting by turns. A job that finds the channel free posts the first card of its line, also when that is another
 * request's. So a line moves on though the jobs of the cards at its head sleep or are lost.
 */
export function postingByTurns(turns: CardTurns, others: OtherRequests): Posting {
  return {
    async turnOf(card) {
      const turn = await turns.take(card.channel);
      if (turn === null || turn.cardId === card.cardId) return turn;
      await giveAway(turns, turn, others);
      return null;
    },
    end: (card, end) => turns.end(card, end),
    waitSeconds: (card) => turns.waitSeconds(card),
  };
}

/**
 * Only the turn's own card: the turn and the lease are not long enough for the others, which have a job of their own.
 * Once it is posted, the jobs of its request have found no message to rewrite and are done: what could not be made
 * true here has nobody else, and becomes a job.
 */
async function giveAway(turns: CardTurns, turn: LeasedCard, others: OtherRequests): Promise<void> {
  let given = false;
  let ended: TurnEnd | null = null;
  let settled = false;
  let unused = FAILED;
  const posting: Posting = {
    onlyCard: turn.cardId,
    async turnOf(card) {
      if (given || card.cardId !== turn.cardId) return null;
      given = true;
      return turn;
    },
    async end(card, end) {
      ended = end;
      await turns.end(card, end);
    },
    waitSeconds: (card) => turns.waitSeconds(card),
  };
  try {
    const outcomes = await others.publish(turn.escalationId, posting);
    settled = !outcomes.some(({ cardId, outcome }) => cardId === turn.cardId && !SETTLED.has(outcome));
    unused = UNUSED;
  } finally {
    if (ended === null) await turns.end(turn, unused);
    if (!settled && wasPosted(ended)) await others.publishAgain(turn.escalationId);
  }
}

function wasPosted(end: TurnEnd | null): boolean {
  return end?.posted === true;
}
