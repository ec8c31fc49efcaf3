/** Where in Slack a comment was written: the card's channel and the message's own `ts`. */
export interface SlackOrigin {
  readonly channel: string;
  readonly ts: string;
}

/** Something a person said about an escalation. */
export interface NewComment {
  /** The id of the event that tells of it. */
  readonly id: string;
  readonly escalationId: string;
  readonly person: string;
  readonly text: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** `null`: said in the console or over REST. */
  readonly origin: SlackOrigin | null;
}

/** Comments inside a transaction. */
export interface Comments {
  /** Keeps a comment; false, and nothing is written, when the message of Slack that it is taken from was kept before. */
  insert(comment: NewComment): Promise<boolean>;
}
