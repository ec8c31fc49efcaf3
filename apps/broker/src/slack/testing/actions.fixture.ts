import { CardModelLoader } from '../card-model.js';
import { ClickAdmission } from '../click-admission.js';
import { SlackActions } from '../slack-actions.js';
import { SlackAnswers } from '../slack-answers.js';
import { SlackVotes } from '../slack-votes.js';
import { CardsInMemory, GatewayInMemory, RowsInMemory, WORKSPACE } from './desk.fixture.js';

/** Slack users of the sample people; nobody is bound to the last. */
export const [ALICE, BOB, CAROL, DAVE, ERIN, NOBODY] = ['U0001', 'U0002', 'U0003', 'U0004', 'U0005', 'U0666'] as const;

/** The actions over rows, cards and a Slack in memory; decisions are made by the real use case. */
export class ActionsInMemory {
  readonly rows = new RowsInMemory();
  readonly cards = new CardsInMemory();
  readonly gateway = new GatewayInMemory();
  readonly logged: string[] = [];
  readonly actions: SlackActions;
  /** Runs at each pause; none takes time. */
  duringPause: () => void = () => undefined;
  pauses = 0;

  constructor() {
    const { rows, cards, gateway } = this;
    const keep = (message: string) => void this.logged.push(message);
    const pause = async () => {
      this.pauses += 1;
      this.duringPause();
    };
    const read = rows.readEscalation();
    this.actions = new SlackActions(
      new ClickAdmission(cards, rows.registry, WORKSPACE, pause),
      new SlackVotes(gateway, rows.recordDecision(), rows.reader),
      read,
      new CardModelLoader(read, rows.registry, rows.reader),
      new SlackAnswers(gateway, rows.unitOfWork, rows.reader, { warn: keep, error: keep }),
    );
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
