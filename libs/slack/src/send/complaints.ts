import { adviceOn, refusalOf } from './slack-fault.js';
import { line, type SlackLog } from '../redacting-logger.js';

/** Causes remembered at most; past that some are told once more. */
const CAUSES_MAX = 1_000;

/**
 * What Slack refuses the app and an operator has to mend, in the log: one line a cause, however often the call is tried,
 * and one more when it works again.
 */
export class Complaints {
  private readonly open = new Map<string, string>();

  constructor(private readonly log: Pick<SlackLog, 'warn'>) {}

  /** Looks at what a call brought. @param place the channel, or `null` where the call is about none */
  heard(method: string, place: string | null, answer: { readonly kind: string }): void {
    const where = place === null ? method : `${method} in ${place}`;
    const refusal = refusalOf(answer);
    if (refusal !== null) return this.complain(where, refusal);
    if (answer.kind === 'ok' && this.open.delete(where)) this.log.warn(line([`Slack takes ${where} again`]));
  }

  private complain(where: string, refusal: NonNullable<ReturnType<typeof refusalOf>>): void {
    if (this.open.get(where) === refusal.error) return;
    if (this.open.size >= CAUSES_MAX) this.open.clear();
    this.open.set(where, refusal.error);
    this.log.warn(line([`Slack refuses ${where}: ${refusal.error}. What to do: ${adviceOn(refusal)}`]));
  }
}
