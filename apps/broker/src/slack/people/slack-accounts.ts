import type { SlackPeople } from '#escalations/slack-people.js';
import type { SlackGateway } from '#slack/slack-gateway.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import type { Workspace } from '../click-admission.js';

/** Who acts: the account, and the workspace and app that the delivery names. */
export interface SlackSender {
  readonly teamId: string;
  readonly userId: string;
  readonly apiAppId: string;
}

/** `person` is `null` for an account in good standing that is nobody's yet. */
export type AccountStanding = { readonly person: string | null } | { readonly refusal: SlackRefusal };

/**
 * From an account to a person, for everything that is not a click on a card: the delivery must be of our own workspace
 * and app, the account a full and living member by Slack's word, and the person is whoever the account belongs to.
 */
export class SlackAccounts {
  constructor(
    private readonly people: Pick<SlackPeople, 'personOf'>,
    private readonly gateway: Pick<SlackGateway, 'userStanding'>,
    private readonly workspace: Workspace,
  ) {}

  /** Refuses `foreign_click`, `standing` and, while Slack cannot tell, `standing_unknown`. */
  async standingOf({ teamId, userId, apiAppId }: SlackSender): Promise<AccountStanding> {
    if (teamId !== this.workspace.teamId || apiAppId !== this.workspace.appId) {
      return { refusal: { code: 'foreign_click' } };
    }
    const standing = await this.gateway.userStanding(userId);
    if (standing.kind === 'refused') return { refusal: { code: 'standing', reason: standing.reason } };
    if (standing.kind !== 'ok') return { refusal: { code: 'standing_unknown' } };
    return { person: await this.people.personOf(teamId, userId) };
  }
}
