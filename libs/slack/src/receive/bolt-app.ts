import type { App, Receiver, ViewSubmitAction } from '@slack/bolt';
import {
  type LimitsSubmission,
  namelessInteraction,
  parseClick,
  parseDenySubmission,
  parseLimitsSubmission,
  reasonFault,
  type SlackClick,
  type SlackSubmission,
} from './clicks.js';
import { HOME_ACTIONS } from './home-clicks.js';
import type { FormFaults } from '../views/limits-form.js';
import { line, redactingLogger, type SlackLog } from '../redacting-logger.js';
import { formTurnedBack } from './turned-back.js';
import { DENY_MODAL } from '../views/deny-modal.view.js';
import { LIMITS_MODAL } from '../views/limits-modal.view.js';

/** What Bolt answers Slack with: nothing, or a `response_action`. */
export type SlackAck = (answer?: unknown) => Promise<void>;

/** Answers a form once, in time for Slack: with what is wrong by block id, which keeps it open, or with `null`. */
export type FormAnswer = (faults: FormFaults | null) => Promise<void>;

/** What the buttons of a card do. Each is called once per delivery, after Slack has its answer. */
export interface ButtonHandlers {
  approve(click: SlackClick): Promise<void>;
  openDeny(click: SlackClick): Promise<void>;
  openDetails(click: SlackClick): Promise<void>;
  openLimits(click: SlackClick): Promise<void>;
  revoke(click: SlackClick): Promise<void>;
}

/** What the forms of a card do when they come back. Each is called once per delivery, and calls `answer` once. */
export interface FormHandlers {
  submitDeny(submission: SlackSubmission, answer: FormAnswer): Promise<void>;
  submitLimits(submission: LimitsSubmission, answer: FormAnswer): Promise<void>;
}

/** The use cases behind a card. */
export interface CardHandlers {
  readonly buttons: ButtonHandlers;
  readonly forms: FormHandlers;
}

export interface BoltAppOptions {
  readonly token: string;
  readonly botId: string;
  readonly botUserId: string;
  readonly apiUrl: string;
  readonly log: SlackLog;
}

/** Bolt and the one door to it. `process` verifies nothing: only a verified, parsed, first-seen body may come here. */
export interface BoltApp {
  readonly app: App;
  process(body: Readonly<Record<string, unknown>>, ack: SlackAck): Promise<void>;
}

/** Bolt asks for a receiver; our HTTP controller is the receiver, so this one only keeps the app. */
class ControllerReceiver implements Receiver {
  init(): void {}
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
}

/**
 * Builds Bolt without any call to Slack: with both bot ids given it does not ask `auth.test`, whose failure at boot
 * would leave every later click answered and unheard. The package is loaded here, and is 30 MiB.
 */
export async function createBoltApp(options: BoltAppOptions): Promise<BoltApp> {
  const { App: Bolt } = await import('@slack/bolt');
  const app = new Bolt({
    token: options.token,
    botId: options.botId,
    botUserId: options.botUserId,
    receiver: new ControllerReceiver(),
    ignoreSelf: true,
    convoStore: false,
    extendedErrorHandler: true,
    logger: redactingLogger(options.log),
    clientOptions: {
      slackApiUrl: options.apiUrl,
      allowAbsoluteUrls: false,
      timeout: 2_500,
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
    },
  });
  app.error(async ({ error }: { error: Error }) => options.log.error(line(['a Slack listener failed', error])));
  return {
    app,
    process: (body, ack) => app.processEvent({ body: { ...body }, ack: ack as never }),
  };
}

/**
 * What is done about an interaction that is not a complete `action`: it is recorded, and said to whoever acted, unless
 * it is a form, which is answered itself. Must not reject.
 */
export type OnIncomplete = (action: string, body: unknown) => Promise<void>;

const CARD_ACTIONS = ['writ_approve', 'writ_deny', 'writ_details', 'writ_limits', 'writ_revoke', 'writ_console'];
const ACTIONS: ReadonlySet<unknown> = new Set([...CARD_ACTIONS, ...HOME_ACTIONS]);
/** What people do; that a window was closed needs no answer. */
const STRAYS: ReadonlySet<unknown> = new Set(['block_actions', 'view_submission', 'shortcut', 'message_action']);
const FORMS: ReadonlySet<unknown> = new Set([DENY_MODAL, LIMITS_MODAL]);

/** True for an interaction on a button or form for which a listener is wired. */
export function isOurs(body: unknown): boolean {
  const { type, actions, view } = body as {
    type?: unknown;
    actions?: unknown;
    view?: { callback_id?: unknown } | null;
  };
  if (type === 'view_submission') return FORMS.has(view?.callback_id);
  const [action] = Array.isArray(actions) ? (actions as ({ action_id?: unknown } | null)[]) : [];
  return type === 'block_actions' && ACTIONS.has(action?.action_id);
}

/**
 * The same door, in front of which interactions are turned back that Bolt would drop or fail on: those that name nobody,
 * and those on what is no button or form of ours.
 */
export function turningBackNameless(
  bolt: Pick<BoltApp, 'process'>,
  incomplete: OnIncomplete,
): Pick<BoltApp, 'process'> {
  return {
    async process(body, ack) {
      const { type } = body;
      const stray = namelessInteraction(body) ?? (STRAYS.has(type) && !isOurs(body) ? String(type) : null);
      if (stray === null) return bolt.process(body, ack);
      await ack(formTurnedBack(body));
      await incomplete(stray, body);
    },
  };
}

/**
 * Wires exactly one listener to each action and modal (Bolt runs all that match). Each acknowledges first; a body that
 * is not a complete click is acknowledged, given to `incomplete` and goes no further.
 */
export function registerActions(app: App, { buttons, forms }: CardHandlers, incomplete: OnIncomplete): void {
  const onClick = (actionId: string, handle: (click: SlackClick) => Promise<void>) =>
    app.action({ type: 'block_actions', action_id: actionId }, async ({ ack, body }) => {
      await ack();
      const click = parseClick(body);
      if (click === null) await incomplete(actionId, body);
      else await handle(click);
    });
  onClick('writ_approve', (click) => buttons.approve(click));
  onClick('writ_deny', (click) => buttons.openDeny(click));
  onClick('writ_details', (click) => buttons.openDetails(click));
  onClick('writ_limits', (click) => buttons.openLimits(click));
  onClick('writ_revoke', (click) => buttons.revoke(click));
  // Slack reports the click on a link as well; there is nothing to do but to say that it was heard.
  app.action({ type: 'block_actions', action_id: 'writ_console' }, ({ ack }) => ack());

  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: DENY_MODAL }, async ({ ack, body }) => {
    const submission = parseDenySubmission(body);
    if (submission !== null) {
      const fault = reasonFault(submission.reason);
      return fault === null ? forms.submitDeny(submission, formAnswer(ack)) : formAnswer(ack)({ reason: fault });
    }
    await ack(formTurnedBack(body) as Errors);
    await incomplete(DENY_MODAL, body);
  });

  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: LIMITS_MODAL }, async ({ ack, body }) => {
    const submission = parseLimitsSubmission(body);
    if (submission !== null) {
      return forms.submitLimits(submission, formAnswer(ack));
    }
    await ack(formTurnedBack(body) as Errors);
    await incomplete(LIMITS_MODAL, body);
  });
}

type Errors = { readonly response_action: 'errors'; errors: Record<string, string> };

function formAnswer(ack: (answer?: Errors) => Promise<void>): FormAnswer {
  return (faults) => (faults === null ? ack() : ack({ response_action: 'errors', errors: { ...faults } }));
}
