import type { CardTurns, LeasedCard, StoredCard, TurnEnd } from './ports.js';

/** How the publishing of one escalation comes to post a card. */
export interface Posting {
  /** This card under its lease when it may be posted now, `null` otherwise. */
  turnOf(card: StoredCard): Promise<LeasedCard | null>;
  end(card: LeasedCard, end: TurnEnd): Promise<void>;
  waitSeconds(card: StoredCard): Promise<number>;
}

/** A turn that its card had no use for, since nobody decides it any more or its channel is not asked: do not offer it again soon. */
const UNUSED: TurnEnd = { posted: false, restSeconds: 0, holdSeconds: 60 };

/**
 * Posting by turns. Whoever finds the channel free posts what is first there, also when that is another request's card:
 * `publishOther` publishes it then. So a line goes on though the jobs of those at its head sleep or are lost.
 */
export function postingByTurns(
  turns: CardTurns,
  publishOther: (escalationId: string, posting: Posting) => Promise<void>,
): Posting {
  return {
    async turnOf(card) {
      const turn = await turns.take(card.channel);
      if (turn === null || turn.cardId === card.cardId) return turn;
      await giveAway(turns, turn, publishOther);
      return null;
    },
    end: (card, end) => turns.end(card, end),
    waitSeconds: (card) => turns.waitSeconds(card),
  };
}

async function giveAway(
  turns: CardTurns,
  turn: LeasedCard,
  publishOther: (escalationId: string, posting: Posting) => Promise<void>,
): Promise<void> {
  let given = false;
  let ended = false;
  const posting: Posting = {
    async turnOf(card) {
      if (given || card.cardId !== turn.cardId) return null;
      given = true;
      return turn;
    },
    async end(card, end) {
      ended = true;
      await turns.end(card, end);
    },
    waitSeconds: (card) => turns.waitSeconds(card),
  };
  try {
    await publishOther(turn.escalationId, posting);
  } finally {
    if (!ended) await turns.end(turn, UNUSED);
  }
}
