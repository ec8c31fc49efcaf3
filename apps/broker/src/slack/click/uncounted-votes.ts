import { Inject, Injectable } from '@nestjs/common';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import { about } from '#escalations/about.js';
import { Store } from '#escalations/ports.js';
import { SYSTEM, type Actor } from '#escalations/rows/history.js';
import type { StoredCard } from '#slack/ports.js';
import { line, type SlackLog } from '#slack/redacting-logger.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import { SLACK_LOG } from '../slack-context.js';

/** A vote that never reached the use case, for the history. */
export interface UncountedVote {
  readonly card: StoredCard;
  readonly verdict: 'approve' | 'deny';
  /** `null`: the account is bound to nobody. */
  readonly person: string | null;
  readonly refusal: SlackRefusal | Refusal;
}

/** Votes that Slack's side refused before any use case saw them: they are on record all the same. */
@Injectable()
export class UncountedVotes {
  constructor(
    private readonly store: Store,
    @Inject(SLACK_LOG) private readonly log: SlackLog,
  ) {}

  /** Writes it into the history. The refusal stands even if this fails. @param account who acted */
  async record(vote: UncountedVote, account: { readonly teamId: string; readonly userId: string }): Promise<void> {
    const { card, verdict, person, refusal } = vote;
    const actor: Actor = person === null ? SYSTEM : { kind: 'person', id: person };
    const cause = isRefusal(refusal) ? refusal.facts : 'reason' in refusal ? { reason: refusal.reason } : {};
    const { teamId: slack_team, userId: slack_user } = account;
    const data = { verdict, via: 'slack', code: refusal.code, ...cause, slack_team, slack_user };
    try {
      const found = await this.store.read.escalations.byId(card.escalationId);
      if (found === null) return;
      const refused = about(found.escalation).says('vote.refused', actor, data);
      await this.store.run((tx) => tx.journal.record([refused], found.now));
    } catch (error) {
      this.log.error(line(['a refused vote could not be recorded', error]));
    }
  }
}
