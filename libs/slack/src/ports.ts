import type { EventRow } from '#escalations/watch/history.js';

/**
 * Which state a card shows: a greater `version` is newer, and of two equal ones the one with the greater `minor`. They are
 * two numbers since the second starts again, lower, when the first grows: as one sum a decided card could look older than
 * the one with buttons.
 */
export interface Shown {
  /** The versions of the escalation and its grant, added; 0 while the message shows nothing. */
  readonly version: number;
  /** Grows with what changes around the request while its own rows stay: deputies who are asked, approvals that a kill switch ended, requests that wait behind it. */
  readonly minor: number;
}

/** The record of one message: at most one for each escalation and channel. */
export interface StoredCard extends Shown {
  /** Opaque, unguessable; the value of the card's buttons. */
  readonly cardId: string;
  readonly escalationId: string;
  readonly digest: string;
  readonly channel: string;
  /** Slack's id of the message, `null` until a post was answered. */
  readonly ts: string | null;
}

/** A card under a lease; `lease` names this one claim, so that an overrun caller cannot end a later caller's lease. */
export interface LeasedCard extends StoredCard {
  readonly lease: string;
}

/** The message records. Every method is one statement, `swapShown` one transaction; time is the database's. */
export abstract class CardStore {
  /** The card of this escalation in this channel, created when there is none. */
  abstract cardFor(card: { escalationId: string; digest: string; channel: string }): Promise<StoredCard>;

  abstract byId(cardId: string): Promise<StoredCard | null>;

  abstract listByEscalation(escalationId: string): Promise<readonly StoredCard[]>;

  /** True when this message is some card's own: nobody may rewrite it as a stray copy of another. */
  abstract isOnRecord(channel: string, ts: string): Promise<boolean>;

  /**
   * Leases the right to speak to Slack about this card to one caller. Answers the row as it stands under the lease, or
   * `null` while another caller's lease runs. A lease ends by `swapShown`, `release` or its seconds.
   */
  abstract claim(cardId: string, leaseSeconds: number): Promise<LeasedCard | null>;

  /** Gives this lease back unused; nothing when it is no longer the one that runs. */
  abstract release(cardId: string, lease: string): Promise<void>;

  /**
   * Records what the message shows, if it still showed what `card` says and has this `ts` or none; ends the lease. The
   * history is written with it (`newsOf`), and the thread's job follows, so that nothing between them is lost. `false`: somebody
   * else wrote in between.
   */
  abstract swapShown(card: StoredCard, shown: Shown & { readonly ts: string }): Promise<boolean>;

  /**
   * Somebody has seen this message show an older state than its record says: the record is taken to show nothing, so that
   * the next job rewrites the message. Nothing where the record says itself that the message is behind.
   */
  abstract mistrust(message: { readonly channel: string; readonly ts: string }): Promise<void>;
}

/** Which deliveries of Slack were already taken, for at least as long as their stamp would still pass. */
export abstract class SlackDeliveries {
  /** True for exactly one caller of this replay key, in whatever process. Rejects when the store cannot tell. */
  abstract first(replayKey: string): Promise<boolean>;

  /** Lets a delivery that could not be dealt with come once more. */
  abstract forget(replayKey: string): Promise<void>;
}

/** The people who have opened the Details of a request, as it stood. Kept because part of a large request is shown nowhere else. */
export abstract class DetailsOpened {
  /** Records the first opening; a later one changes nothing. */
  abstract record(opened: { escalationId: string; digest: string; person: string }): Promise<void>;

  abstract isOpened(opened: { escalationId: string; digest: string; person: string }): Promise<boolean>;
}

/** An event that a card's thread was not told yet. */
export interface PendingEvent {
  readonly event: EventRow;
  /** Which of its type this is within the request, from 1. */
  readonly nth: number;
  /** Uses of the request's token that were refused up to now. */
  readonly refusedUses: number;
}

/** What each card's thread was told. Every method is one statement. */
export abstract class ThreadStore {
  /**
   * The oldest events of these types that this card's thread was not told, at most fifty. Of uses only the first, of
   * refused uses the first six: the rest are in the history.
   */
  abstract pendingEvents(
    card: { cardId: string; escalationId: string },
    types: readonly string[],
  ): Promise<readonly PendingEvent[]>;

  /** Leases the right to speak in this card's thread to one caller; `null` while another caller's lease runs. */
  abstract claim(cardId: string, leaseSeconds: number): Promise<{ readonly lease: string } | null>;

  /** Gives this lease back; nothing when it is no longer the one that runs. */
  abstract release(cardId: string, lease: string): Promise<void>;

  /** Records that a line stands under the card; an event recorded already stays as it is. */
  abstract recordNotified(line: { cardId: string; eventId: string; ts: string }): Promise<void>;
}

/** The request whose thread a message of Slack is in. */
export abstract class CardThreads {
  /** The escalation whose card is this message; `null` for any other message. */
  abstract escalationOf(message: { readonly channel: string; readonly ts: string }): Promise<string | null>;
}

/** What became of a turn: whether Slack has the message, how long the channel rests, how long others go before the card. */
export interface TurnEnd {
  readonly posted: boolean;
  readonly restSeconds: number;
  readonly holdSeconds: number;
}

/**
 * The turns in which cards are posted in a channel. Slack takes about one message a second and channel, so new cards stand in a
 * line there, and the line is in the database: first the agent that has had the least of the channel lately, then the higher risk,
 * then the nearer deadline. Only new messages wait; rewriting does not. Each method is one statement.
 */
export abstract class CardTurns {
  /**
   * Takes the channel's turn for the first card of its line and leases that card; `null` while the channel rests,
   * another holds its turn, or nobody waits. A turn whose holder dies ends by itself.
   */
  abstract take(channel: string): Promise<LeasedCard | null>;

  /** Ends a turn, and the card's lease with it if that still runs. */
  abstract end(card: LeasedCard, end: TurnEnd): Promise<void>;

  /** Keeps new cards out of the channel for some seconds: Writ posts another message there, or Slack asks it to wait. */
  abstract rest(channel: string, seconds: number): Promise<void>;

  /** Seconds after which this card's turn may have come. */
  abstract waitSeconds(card: StoredCard): Promise<number>;
}

/** What Slack would not take. Time is the database's. */
export abstract class CardFailures {
  /** Tells the history that this card could not be posted or rewritten: one event a cause, until Slack takes the card again. */
  abstract tell(cardId: string, error: string): Promise<void>;

  /**
   * Lets every card of this channel be tried at once that was held back, or shows an older state. Answers the escalations
   * whose cards these are.
   */
  abstract wake(channel: string): Promise<readonly string[]>;
}

/** A request with a card that nobody will make true: `card_over` shows buttons though the request is over. */
export interface LostCard {
  readonly escalationId: string;
  readonly kind: 'card_missing' | 'card_behind' | 'card_over';
}

/** Finds cards that nobody will make true any more. Each method is one statement. */
export abstract class CardDrift {
  /** Notes that a job will look at these cards again within so many seconds. Making a card true voids that. */
  abstract expect(cardIds: readonly string[], seconds: number): Promise<void>;

  /**
   * Escalations with a card that is behind and that no job will look at: never posted although one of the groups of
   * `askedInSlack` decides, or showing an older state. Answers each at most once in two minutes, newest first.
   */
  abstract lost(askedInSlack: readonly string[], limit: number): Promise<readonly LostCard[]>;
}
