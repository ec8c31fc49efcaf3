/** What the driver answers to a command. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The fault is in the command itself, not in what it meets. */
export class BadCommand extends Error {}
