/** One thing said about an escalation, in the console or in Slack's thread. */
export interface CommentLine {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The person's id. */
  readonly author: string;
  readonly via: 'rest' | 'slack';
  readonly text: string;
}

/** The talk about an escalation, for its page. */
export abstract class CommentsPart {
  /** Oldest first. */
  abstract of(escalationId: string): Promise<readonly CommentLine[]>;
}
