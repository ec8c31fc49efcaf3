/** What a person did and what came of it; `shown` is what Slack would tell the person. */
export interface Outcome {
  readonly ok: boolean;
  readonly status: number;
  readonly body: string;
  readonly error?: string;
  readonly shown?: string;
  readonly view_id?: string;
  readonly errors?: Readonly<Record<string, string>>;
}

/** The act is impossible: there is no such message, button, view or choice. */
export interface NotThere {
  readonly notThere: string;
}

export const NOT_RESPONDING = 'This app is not responding. Try again in a moment.';
