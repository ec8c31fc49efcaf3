import type { Provider } from '@nestjs/common';
import { DecisionPace } from '#escalations/watch/insights.js';
import { Reader, UnitOfWork } from '#escalations/ports.js';
import { ReadEscalation } from '#escalations/watch/read-escalation.js';
import { RecordDecision } from '#escalations/decide/record-decision.js';
import { RevokeAsPerson } from '#escalations/end/revoke-as-person.js';
import type { SlackHandlers } from '#slack/receive/bolt-app.js';
import { CardStore, DetailsOpened } from '#slack/ports.js';
import type { SlackLog } from '#slack/redacting-logger.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { CardModelLoader } from '../slack/cards/card-model.js';
import { ClickAdmission } from '../slack/click/click-admission.js';
import { SlackActions } from '../slack/click/slack-actions.js';
import { SlackAnswers } from '../slack/click/slack-answers.js';
import { SlackBallot } from '../slack/click/slack-ballot.js';
import { denialForm, SlackForms } from '../slack/click/slack-forms.js';
import { SlackLimits } from '../slack/click/slack-limits.js';
import { SlackRevocations } from '../slack/click/slack-revocations.js';
import { SlackVotes } from '../slack/click/slack-votes.js';

/** Every button of a card and both of its forms, each with the one that serves it. */
export class CardHandlers implements SlackHandlers {
  constructor(
    private readonly decisions: SlackActions,
    private readonly limits: SlackLimits,
    private readonly forms: SlackForms,
    private readonly revocations: SlackRevocations,
  ) {}

  readonly approve: SlackHandlers['approve'] = (click) => this.decisions.approve(click);
  readonly openDeny: SlackHandlers['openDeny'] = (click) => this.decisions.openDeny(click);
  readonly submitDeny: SlackHandlers['submitDeny'] = (form, answer) => this.forms.submit(denialForm(form, answer));
  readonly openDetails: SlackHandlers['openDetails'] = (click) => this.decisions.openDetails(click);
  readonly openLimits: SlackHandlers['openLimits'] = (click) => this.limits.openLimits(click);
  readonly submitLimits: SlackHandlers['submitLimits'] = (form, answer) => this.limits.submitLimits(form, answer);
  readonly revoke: SlackHandlers['revoke'] = (click) => this.revocations.revoke(click);
}

/** What the buttons of a card do. The module around it provides `ClickAdmission` and what the shared providers need. */
export function cardActionProviders(log: SlackLog): Provider[] {
  return [
    {
      provide: SlackVotes,
      useFactory: (gateway: SlackGateway, decisions: RecordDecision, reader: Reader, pace: DecisionPace) =>
        new SlackVotes(gateway, decisions, reader, pace),
      inject: [SlackGateway, RecordDecision, Reader, DecisionPace],
    },
    {
      provide: SlackAnswers,
      useFactory: (gateway: SlackGateway, unitOfWork: UnitOfWork, reader: Reader, cards: CardStore) =>
        new SlackAnswers(gateway, unitOfWork, reader, log, cards),
      inject: [SlackGateway, UnitOfWork, Reader, CardStore],
    },
    {
      provide: SlackBallot,
      useFactory: (
        votes: SlackVotes,
        read: ReadEscalation,
        models: CardModelLoader,
        details: DetailsOpened,
        answers: SlackAnswers,
      ) => new SlackBallot(votes, read, models, details, answers),
      inject: [SlackVotes, ReadEscalation, CardModelLoader, DetailsOpened, SlackAnswers],
    },
    {
      provide: SlackActions,
      useFactory: (
        admission: ClickAdmission,
        ballot: SlackBallot,
        read: ReadEscalation,
        models: CardModelLoader,
        answers: SlackAnswers,
      ) => new SlackActions(admission, ballot, read, models, answers),
      inject: [ClickAdmission, SlackBallot, ReadEscalation, CardModelLoader, SlackAnswers],
    },
    {
      provide: CardHandlers,
      useFactory: cardHandlers,
      inject: [SlackActions, ClickAdmission, SlackBallot, SlackAnswers, SlackRevocations],
    },
    {
      provide: SlackRevocations,
      useFactory: (
        admission: ClickAdmission,
        gateway: SlackGateway,
        revocations: RevokeAsPerson,
        answers: SlackAnswers,
      ) => new SlackRevocations(admission, gateway, revocations, answers),
      inject: [ClickAdmission, SlackGateway, RevokeAsPerson, SlackAnswers],
    },
  ];
}

function cardHandlers(
  decisions: SlackActions,
  admission: ClickAdmission,
  ballot: SlackBallot,
  answers: SlackAnswers,
  revocations: SlackRevocations,
): CardHandlers {
  const forms = new SlackForms(admission, ballot, answers);
  return new CardHandlers(decisions, new SlackLimits(admission, ballot, answers, forms), forms, revocations);
}
