import { isRefusal } from '#domain/refusal.js';
import { type RevokeAsPerson } from '#escalations/end/revoke-as-person.js';
import type { SlackHandlers } from '#slack/receive/bolt-app.js';
import type { SlackClick } from '#slack/receive/clicks.js';
import type { SlackGateway } from '#slack/send/slack-gateway.js';
import { againstAccount } from '#slack/send/user-standing.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import { type Admitted, type ClickAdmission } from './click-admission.js';
import { askerOf, type SlackAnswers } from './slack-answers.js';

const REASON = 'Revoked with the button of its card in Slack.';

/** Revoke now: ends a live grant with one click and its question. The rights are those of the REST route. */
export class SlackRevocations implements Pick<SlackHandlers, 'revoke'> {
  constructor(
    private readonly admission: ClickAdmission,
    private readonly gateway: Pick<SlackGateway, 'userStanding'>,
    private readonly revocations: Pick<RevokeAsPerson, 'execute'>,
    private readonly answers: SlackAnswers,
  ) {}

  /** A success says nothing more: the cards are rewritten and their threads told. */
  async revoke(click: SlackClick): Promise<void> {
    const asker = askerOf(click);
    await this.answers.spoken(asker, async () => {
      const admitted = await this.admission.click(click);
      const refusal = 'refusal' in admitted ? admitted.refusal : await this.end(admitted);
      if (refusal !== null) await this.answers.refuse(asker, refusal);
      if (refusal?.code === 'nothing_live' && admitted.card !== null)
        await this.answers.refreshCards(admitted.card.escalationId, asker);
    });
  }

  private async end({ card, person, slackUser }: Admitted): Promise<SlackRefusal | null> {
    const refusal = againstAccount(await this.gateway.userStanding(slackUser));
    if (refusal !== null) return refusal;
    const ended = await this.revocations.execute(person, card.escalationId, REASON);
    if (!isRefusal(ended)) return null;
    return { code: ended.code === 'already_decided' ? 'nothing_live' : 'may_not_revoke' };
  }
}
