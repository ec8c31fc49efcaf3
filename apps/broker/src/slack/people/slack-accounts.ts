import { Inject, Injectable } from '@nestjs/common';
import { SlackPeople } from '#escalations/people/slack-people.js';
import type { Sender } from '#slack/receive/clicks.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { againstAccount } from '#slack/send/account-status.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import { SLACK_CONNECTION } from '../slack-context.js';

/** Our own workspace and app: what every delivery must name. */
export interface Workspace {
  readonly teamId: string;
  readonly appId: string;
}

/** The account that acts, and the workspace and app that the delivery names. */
export type SlackSender = Sender;

/** `person` is `null` for an account that is nobody's yet. */
export type AccountOwner = { readonly person: string | null } | { readonly refusal: SlackRefusal };

/**
 * From an account to a person. Bindings name an account by our workspace and the user's id: of an Enterprise Grid, where
 * deliveries may name the organisation instead, by Slack's own word that the account is of that organisation and a member
 * of our workspace.
 */
@Injectable()
export class SlackAccounts {
  constructor(
    @Inject(SlackPeople) private readonly people: Pick<SlackPeople, 'personOf'>,
    @Inject(SlackGateway) private readonly gateway: Pick<SlackGateway, 'accountStatus'>,
    @Inject(SLACK_CONNECTION) private readonly workspace: Workspace,
  ) {}

  /**
   * For everything that is not a click on a card: the delivery must be of our own workspace and app, the account a full
   * and living member by Slack's word. Refuses `foreign_click`, `standing`, while Slack cannot tell `standing_unknown`,
   * and `app_refused` where it will not tell.
   */
  async personOf({ teamId, userId, apiAppId, organisation }: SlackSender): Promise<AccountOwner> {
    if (teamId !== this.workspace.teamId || apiAppId !== this.workspace.appId) {
      return { refusal: { code: 'foreign_click' } };
    }
    const refusal = againstAccount(await this.gateway.accountStatus(userId, organisation));
    return refusal === null ? { person: await this.people.personOf(teamId, userId) } : { refusal };
  }

  /** The person whose account clicked on a card of ours. Slack is asked only about an account of an organisation; a vote asks again. */
  async personBehind({ teamId, userId, organisation }: SlackSender): Promise<AccountOwner> {
    if (organisation !== undefined) {
      const refusal = againstAccount(await this.gateway.accountStatus(userId, organisation));
      if (refusal !== null) return { refusal };
    }
    return { person: await this.people.personOf(teamId, userId) };
  }
}
