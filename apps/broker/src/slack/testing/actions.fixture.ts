import type { Refusal } from '#domain/refusal.js';
import type { RevokeAsPerson } from '#escalations/end/revoke-as-person.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import type { SlackSubmission } from '#slack/receive/clicks.js';
import type { FormFaults } from '#slack/views/limits-form.js';
import { ClickAdmission } from '../click/click-admission.js';
import { CardRequests } from '../click/card-requests.js';
import { ClickedCards } from '../click/clicked-cards.js';
import { UncountedVotes } from '../click/uncounted-votes.js';
import { SlackAccounts } from '../people/slack-accounts.js';
import { SlackActions } from '../click/slack-actions.js';
import { SlackAnswers } from '../click/slack-answers.js';
import { SlackBallot } from '../click/slack-ballot.js';
import { SlackForms } from '../click/slack-forms.js';
import { RevocationsByButton } from '../click/revocations-by-button.js';
import { CardsInMemory, RowsInMemory, WORKSPACE } from './rows-in-memory.fixture.js';
import { DetailsInMemory, GatewayInMemory } from './slack.fixture.js';

/** Slack users of the sample people; nobody is bound to the last. */
export const [ALICE, BOB, CAROL, DAVE, ERIN, NOBODY] = ['U0001', 'U0002', 'U0003', 'U0004', 'U0005', 'U0666'] as const;

/** The actions over rows, cards and a Slack in memory; decisions are made by the real use case. */
export class ActionsInMemory {
  readonly rows = new RowsInMemory();
  readonly cards = new CardsInMemory();
  readonly gateway = new GatewayInMemory();
  readonly logged: string[] = [];
  /** What came with Slack's signature and named no card of ours. */
  readonly stray: string[] = [];
  readonly details = new DetailsInMemory();
  readonly actions: SlackActions;
  readonly forms: SlackForms;
  /** What the forms answered, in order. */
  readonly answered: (FormFaults | null)[] = [];
  /** The use case that ends a grant, as a test wants it to answer; called with person, escalation and reason. */
  readonly revoked: string[] = [];
  revokes: Refusal | null = null;
  private readonly revoking = {
    execute: async (person: string, escalationId: string): ReturnType<RevokeAsPerson['execute']> => {
      this.revoked.push(`${person} ${escalationId}`);
      return this.revokes ?? { grant: {} as GrantRow, now: this.rows.now };
    },
  };
  /** Runs at each pause; none takes time. */
  duringPause: () => void = () => undefined;
  pauses = 0;

  private readonly strays = {
    unknownCard: async (what: string, { userId }: { userId: string }) => void this.stray.push(`${what} ${userId}`),
  };

  constructor(private readonly formWaitsMs = 60_000) {
    const { rows, cards, gateway } = this;
    const keep = (message: string) => void this.logged.push(message);
    const pause = async () => {
      this.pauses += 1;
      this.duringPause();
    };
    const read = rows.readEscalation();
    const models = rows.cardModels();
    const log = { warn: keep, error: keep };
    const uncounted = new UncountedVotes(rows.store, log);
    const clicked = new ClickedCards(gateway, cards, rows.store, log);
    const answers = new SlackAnswers(gateway, uncounted, clicked, log);
    const accounts = new SlackAccounts(rows.slackPeople, gateway, WORKSPACE);
    const admission = new ClickAdmission(cards, accounts, WORKSPACE, this.strays, pause);
    const ballot = new SlackBallot(gateway, rows.recordDecision(), { warning: async () => null }, answers);
    const requests = new CardRequests(read, rows.store, models, this.details);
    const revocations = new RevocationsByButton(gateway, this.revoking);
    this.actions = new SlackActions(admission, requests, ballot, revocations, answers);
    this.forms = new SlackForms(admission, requests, ballot, answers, this.formWaitsMs);
  }

  /** The form of a denial comes back. */
  submitDeny(submission: SlackSubmission): Promise<void> {
    return this.forms.submitDeny(submission, async (faults) => void this.answered.push(faults));
  }

  /** Every sentence that people were told. */
  said(): string {
    return this.gateway.said.map(({ text }) => text).join('\n');
  }

  /** Votes and status: `[[], 'pending']` while nothing counted. */
  counted(): unknown {
    return [this.rows.votes, this.rows.row.status];
  }
}
