/** One account of one Slack workspace. */
export interface SlackAccount {
  readonly team: string;
  readonly user: string;
}

/** A living link between an account and a person, made by that person themselves. Times are epoch milliseconds. */
export interface SlackLink extends SlackAccount {
  /** The id of the event that tells of it. */
  readonly id: string;
  readonly person: string;
  readonly boundAt: number;
}

/** Links outside any transaction, and the codes that lead to one. */
export abstract class SlackLinks {
  /** Keeps the hash (64 lowercase hex) of the account's one code; an earlier code of the account is void. */
  abstract keepCode(account: SlackAccount, codeHash: string, lifeSeconds: number): Promise<void>;
  /** The person who has linked this account to themselves; `null` when nobody has. */
  abstract personOf(account: SlackAccount): Promise<string | null>;
  /** The living links of a person, oldest first. */
  abstract of(person: string): Promise<readonly SlackLink[]>;
}

/** The same rows inside a transaction. */
export interface SlackLinkRows {
  /** Uses the code up. Returns its account; `null` when unknown, used or too old. */
  redeemCode(codeHash: string): Promise<SlackAccount | null>;
  /** The living link of the account, held until the commit. */
  living(account: SlackAccount): Promise<SlackLink | null>;
  /** False when the account has a living link already. */
  insert(link: SlackLink): Promise<boolean>;
  /** Ends a living link of this person. Returns it; `null` when there is none. */
  end(id: string, person: string, now: number): Promise<SlackLink | null>;
}
