/** The record of one message: at most one for each escalation and channel. */
export interface StoredCard {
  /** Opaque, unguessable; the value of the card's buttons. */
  readonly cardId: string;
  readonly escalationId: string;
  readonly digest: string;
  readonly channel: string;
  /** Slack's id of the message, `null` until a post was answered. */
  readonly ts: string | null;
  /** The version of the escalation that the message shows; 0 while it shows nothing. */
  readonly version: number;
}

/** A card under a lease; `lease` names this one claim, so that an overrun caller cannot end a later caller's lease. */
export interface LeasedCard extends StoredCard {
  readonly lease: string;
}

/** The message records. Every method is one statement; time is the database's. */
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
   * Records what the message shows, if it still showed `expectedVersion` and has this `ts` or none; ends the lease.
   * `false`: somebody else wrote in between.
   */
  abstract swapShown(shown: { cardId: string; expectedVersion: number; version: number; ts: string }): Promise<boolean>;
}

/** Which deliveries of Slack were already taken, for at least as long as their stamp would still pass. */
export abstract class SlackDeliveries {
  /** True for exactly one caller of this replay key, in whatever process. Rejects when the store cannot tell. */
  abstract first(replayKey: string): Promise<boolean>;
}
