import type { Provider } from '@nestjs/common';
import { ClickAdmission } from '../slack/click/click-admission.js';
import { CardRequests } from '../slack/click/card-requests.js';
import { ClickedCards } from '../slack/click/clicked-cards.js';
import { UncountedVotes } from '../slack/click/uncounted-votes.js';
import { SlackActions } from '../slack/click/slack-actions.js';
import { SlackAnswers } from '../slack/click/slack-answers.js';
import { SlackBallot } from '../slack/click/slack-ballot.js';
import { SlackForms } from '../slack/click/slack-forms.js';
import { RevocationsByButton } from '../slack/click/revocations-by-button.js';

/** What the buttons and forms of a card do: admit, vote or end, answer. How long they wait is their own default. */
export const CARD_ACTIONS: readonly Provider[] = [
  ClickAdmission,
  CardRequests,
  SlackBallot,
  RevocationsByButton,
  UncountedVotes,
  ClickedCards,
  SlackAnswers,
  SlackActions,
  SlackForms,
];
