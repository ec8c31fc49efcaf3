import type { Refusal } from '#domain/refusal.js';
import type { RevokeAsPerson } from '#escalations/end/revoke-as-person.js';
import type { GrantRow } from '#escalations/rows.js';
import type { SlackSubmission } from '#slack/receive/clicks.js';
import type { FormFaults } from '#slack/views/limits-form.js';
import { ClickAdmission } from '../click/click-admission.js';
import { SlackAccounts } from '../people/slack-accounts.js';
import { SlackActions } from '../click/slack-actions.js';
import { SlackAnswers } from '../click/slack-answers.js';
import { SlackBallot } from '../click/slack-ballot.js';
import { denialForm, SlackForms } from '../click/slack-forms.js';
import { SlackLimits } from '../click/slack-limits.js';
import { SlackRevocations } from '../click/slack-revocations.js';
import { SlackVotes } from '../click/slack-votes.js';
import { CardsInMemory, RowsInMemory, WORKSPACE } from './desk.fixture.js';
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
  readonly limits: SlackLimits;
  readonly forms: SlackForms;
  /** What the forms answered, in order. */
  readonly answered: (FormFaults | null)[] = [];
  readonly revocations: SlackRevocations;
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
    const votes = new SlackVotes(gateway, rows.recordDecision(), rows.reader, { warning: async () => null });
    const answers = new SlackAnswers(gateway, rows.unitOfWork, rows.reader, { warn: keep, error: keep }, cards);
    const accounts = new SlackAccounts(rows.slackPeople, gateway, WORKSPACE);
    const admission = new ClickAdmission(cards, accounts, WORKSPACE, this.strays, pause);
    const ballot = new SlackBallot(votes, read, models, this.details, answers);
    this.actions = new SlackActions(admission, ballot, read, models, answers);
    this.forms = new SlackForms(admission, ballot, answers, this.formWaitsMs);
    this.limits = new SlackLimits(admission, ballot, answers, this.forms);
    this.revocations = new SlackRevocations(admission, gateway, this.revoking, answers);
  }

  /** The form of a denial comes back. */
  submitDeny(submission: SlackSubmission): Promise<void> {
    return this.forms.submit(denialForm(submission, async (faults) => void this.answered.push(faults)));
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
