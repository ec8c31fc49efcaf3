import { Inject, Injectable } from '@nestjs/common';
import { isRefusal } from '#domain/refusal.js';
import { RevokeAsPerson } from '#escalations/end/revoke-as-person.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { againstAccount } from '#slack/send/account-status.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import type { Admitted } from './click-admission.js';

const REASON = 'Revoked with the button of its card in Slack.';

/** Revoke now: ends the live grant of a card. The rights are those of the REST route. */
@Injectable()
export class RevocationsByButton {
  constructor(
    @Inject(SlackGateway) private readonly gateway: Pick<SlackGateway, 'accountStatus'>,
    @Inject(RevokeAsPerson) private readonly revocations: Pick<RevokeAsPerson, 'execute'>,
  ) {}

  /** Answers why it was not ended, or `null`: then the cards are rewritten and their threads told. */
  async end({ card, person, slackUser }: Admitted): Promise<SlackRefusal | null> {
    const refusal = againstAccount(await this.gateway.accountStatus(slackUser));
    if (refusal !== null) return refusal;
    const ended = await this.revocations.execute(person, card.escalationId, REASON);
    if (!isRefusal(ended)) return null;
    return { code: ended.code === 'already_decided' ? 'nothing_live' : 'may_not_revoke' };
  }
}
