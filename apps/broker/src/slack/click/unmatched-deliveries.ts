import { Inject, Injectable } from '@nestjs/common';
import { Store } from '#escalations/ports.js';
import { SYSTEM, type Actor } from '#escalations/rows/history.js';
import { SlackPeople } from '#escalations/people/slack-people.js';
import { namedAccount, namedCard } from '#slack/receive/clicks.js';
import { CardStore, SlackDeliveries } from '#slack/ports.js';
import { line, type SlackLog } from '#slack/redacting-logger.js';
import { SLACK_LOG } from '../slack-context.js';

/** `incomplete`: members are missing or contradict each other. `unknown_card`: complete, but of no card of ours. */
export type UnmatchedCode = 'incomplete' | 'unknown_card';

/** What the delivery says of itself; each `null` where it says nothing in Slack's grammar. */
interface Unmatched {
  readonly code: UnmatchedCode;
  readonly action: string;
  readonly team: string | null;
  readonly user: string | null;
  readonly card: string | null;
}

const PERIOD_MS = 60_000;

/**
 * Deliveries that carry Slack's signature and still cannot be a click on a card of ours: somebody at Slack's end, or
 * with our signing secret, tries things out. Each leaves a line in the log, and the history one `vote.refused` a minute
 * for each person and code; accounts bound to nobody share one, since they can be invented without end.
 */
@Injectable()
export class UnmatchedDeliveries {
  constructor(
    @Inject(CardStore) private readonly cards: Pick<CardStore, 'byId'>,
    @Inject(SlackPeople) private readonly people: Pick<SlackPeople, 'personOf'>,
    private readonly deliveries: SlackDeliveries,
    private readonly store: Store,
    @Inject(SLACK_LOG) private readonly log: SlackLog,
  ) {}

  /** An interaction whose body is not a complete `action`. Never rejects: it was refused whatever becomes of this. */
  incomplete(action: string, body: unknown): Promise<void> {
    const { team, user } = namedAccount(body);
    return this.record({ code: 'incomplete', action, team, user, card: namedCard(body) });
  }

  /** A complete click or submission by this account that names no card on record. Never rejects. */
  unknownCard(action: string, who: { readonly teamId: string; readonly userId: string }): Promise<void> {
    return this.record({ code: 'unknown_card', action, team: who.teamId, user: who.userId, card: null });
  }

  private async record(stray: Unmatched): Promise<void> {
    this.log.warn(line([`a stray ${stray.action} was refused (${stray.code})`]));
    try {
      const person = await this.personOf(stray);
      const now = await this.store.read.now();
      const like = `stray:${stray.code}:${person ?? ''}:${Math.floor(now / PERIOD_MS)}`;
      if (!(await this.deliveries.first(like))) return;
      const actor: Actor = person === null ? SYSTEM : { kind: 'person', id: person };
      const { code, action, team: slack_team, user: slack_user } = stray;
      const data = { via: 'slack', code, action, slack_team, slack_user };
      const about = await this.requestOf(stray);
      await this.store.run((tx) => tx.journal.record([{ type: 'vote.refused', actor, ...about, data }], now));
    } catch (error) {
      this.log.error(line(['a stray delivery could not be recorded', error]));
    }
  }

  private async personOf({ team, user }: Unmatched): Promise<string | null> {
    if (team === null || user === null) return null;
    return this.people.personOf(team, user);
  }

  private async requestOf(stray: Unmatched): Promise<{ escalation?: string; agent?: string }> {
    const card = stray.card === null ? null : await this.cards.byId(stray.card);
    const found = card === null ? null : await this.store.read.escalations.byId(card.escalationId);
    return found === null ? {} : { escalation: found.escalation.id, agent: found.escalation.agentId };
  }
}
