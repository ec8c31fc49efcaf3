import { interactiveElements } from './block-kit/blocks.js';
import { viewFaults } from './block-kit/views.js';
import type { DeliveryChannel, Delivered } from './delivery.js';
import { EffectWatch } from './effects.js';
import { elementState, filledValues, inputFaults, optionsOf } from './form-values.js';
import { isObject, parseJson, type JsonObject } from './json.js';
import { VIEW_STACK_MAX, type OpenView } from './open-views.js';
import { NOT_RESPONDING, type NotThere, type Outcome } from './outcome.js';
import { actionOf, homeOpened, messageAction, viewAction, viewClosed, viewSubmission } from './payloads.js';
import type { ResponseUrls } from './response-urls.js';
import type { CallServices } from './web-api/call.js';
import type { Message } from './workspace.js';

/** Which element is clicked; `value` names one of several buttons, or the option of a menu. */
export interface Choice {
  readonly actionId: string;
  readonly blockId?: string;
  readonly value?: unknown;
}

const TROUBLE = 'We had some trouble connecting. Try again?';

interface Target {
  readonly element: JsonObject;
  readonly blockId: string;
  readonly state?: JsonObject;
}

/** What people do here, delivered to the app as Slack would. */
export class Interactions {
  constructor(
    private readonly desk: CallServices,
    private readonly delivery: DeliveryChannel,
    private readonly responseUrls: ResponseUrls,
    private readonly baseUrl: () => string,
  ) {}

  /** A person clicks an element of a message. Answers after the app did something visible, or after 3 s. */
  async clickMessage(
    user: string,
    ts: string,
    channelId: string | undefined,
    choice: Choice,
  ): Promise<Outcome | NotThere> {
    const { workspace, triggers } = this.desk;
    const message = workspace.find(ts, channelId, true);
    const channel = message && workspace.channels.get(message.channel);
    if (!message || !channel) return { notThere: `there is no message ${ts}${channelId ? ` in ${channelId}` : ''}` };
    if (message.ephemeral_to && message.ephemeral_to !== user)
      return { notThere: `message ${ts} is shown to ${message.ephemeral_to} only` };
    if (!workspace.isMember(channel, user)) return { notThere: `${user} is not in ${channel.id}` };
    const target = findElement(message.blocks, choice);
    if ('notThere' in target) return { notThere: `message ${ts} ${target.notThere}` };
    const triggerId = triggers.issue(user);
    const watch = new EffectWatch(
      workspace,
      (change) => change.triggerId === triggerId,
      (change) => change.kind === 'message' && answersClick(change.message, message, user),
    );
    const payload = messageAction(workspace, {
      user,
      message,
      channel,
      action: actionOf(target.element, target.blockId, target.state, workspace.stamp()),
      triggerId,
      responseUrl: this.baseUrl() + this.responseUrls.issue(user, { channel: channel.id, message }),
    });
    return this.act(payload, watch);
  }

  /** A person clicks an element of a modal or the Home tab. */
  async clickView(user: string, viewId: string, choice: Choice): Promise<Outcome | NotThere> {
    const { workspace, triggers, views } = this.desk;
    const view = views.find(viewId);
    if (!view || view.user !== user) return { notThere: `${user} has no open view ${viewId}` };
    const target = findElement(view.blocks, choice);
    if ('notThere' in target) return { notThere: `view ${viewId} ${target.notThere}` };
    const actionId = String(target.element['action_id']);
    if (target.state) (view.values[target.blockId] ??= {})[actionId] = target.state;
    const triggerId = triggers.issue(user);
    const watch = new EffectWatch(
      workspace,
      (change) => change.triggerId === triggerId,
      (change) => change.kind === 'message' || (change.kind === 'view' && change.user === user),
    );
    const action = actionOf(target.element, target.blockId, target.state, workspace.stamp());
    return this.act(viewAction(workspace, { user, view: views.wire(view), action, triggerId }), watch);
  }

  /** A person fills in a modal and submits it; values by block and action, or by action alone. */
  async submit(user: string, viewId: string, given: JsonObject): Promise<Outcome | NotThere> {
    const { workspace, triggers, views } = this.desk;
    const view = views.find(viewId);
    if (!view || view.user !== user || view.content['type'] !== 'modal')
      return { notThere: `${user} has no open modal ${viewId}` };
    if (views.stack(view).at(-1) !== view) return { notThere: `another modal stands on top of ${viewId}` };
    if (!view.content['submit']) return { notThere: `modal ${viewId} has no submit button` };
    const filled = filledValues(view.blocks, view.values, given);
    if ('unknown' in filled) return { notThere: filled.unknown };
    view.values = filled.values;
    view.errors = inputFaults(view.blocks, view.values);
    if (Object.keys(view.errors).length > 0) {
      views.changed(view);
      return { ok: false, status: 0, body: '', error: 'incomplete', errors: view.errors };
    }
    const payload = viewSubmission(workspace, user, views.wire(view), triggers.issue(user));
    return this.afterSubmit(view, await this.delivery.interaction(payload));
  }

  /** A person closes a modal without submitting; the app hears of it only when it asked to. */
  async close(user: string, viewId: string): Promise<Outcome | NotThere> {
    const { workspace, views } = this.desk;
    const view = views.find(viewId);
    if (!view || view.user !== user || view.content['type'] !== 'modal')
      return { notThere: `${user} has no open modal ${viewId}` };
    const all = view.content['clear_on_close'] === true;
    views.close(view, all);
    if (view.content['notify_on_close'] !== true) return { ok: true, status: 0, body: '' };
    return outcome(await this.delivery.interaction(viewClosed(workspace, user, views.wire(view), all)), TROUBLE);
  }

  /** A person opens the app's Home tab. */
  async openHome(user: string): Promise<Outcome> {
    const { workspace, views } = this.desk;
    const home = views.home(user);
    const { channel } = workspace.directMessage(user);
    const watch = new EffectWatch(
      workspace,
      (change) => change.user === user && views.home(user)?.id === change.viewId,
      () => false,
    );
    const delivered = await this.delivery.event(homeOpened(workspace, user, channel, home && views.wire(home)));
    const viewId = (delivered.ok ? await watch.settle() : undefined) ?? home?.id;
    watch.end();
    return { ...outcome(delivered, NOT_RESPONDING), ...(viewId ? { view_id: viewId } : {}) };
  }

  private async act(payload: JsonObject, watch: EffectWatch): Promise<Outcome> {
    const delivered = await this.delivery.interaction(payload);
    const viewId = delivered.ok ? await watch.settle() : undefined;
    watch.end();
    return { ...outcome(delivered, NOT_RESPONDING), ...(viewId ? { view_id: viewId } : {}) };
  }

  private afterSubmit(view: OpenView, delivered: Delivered): Outcome {
    const { views } = this.desk;
    const result = outcome(delivered, TROUBLE);
    if (!delivered.ok) return result;
    const answer = delivered.body.trim() === '' ? {} : parseJson(delivered.body);
    const action = isObject(answer) ? answer['response_action'] : 'broken';
    if (action === undefined) views.close(view);
    else if (action === 'clear') views.close(view, true);
    else if (action === 'errors' && isObject(answer)) return this.showErrors(view, answer['errors'], result);
    else if ((action === 'update' || action === 'push') && isObject(answer)) {
      const fault = this.showNext(view, action, answer['view']);
      if (fault) return { ...result, ok: false, error: fault, shown: TROUBLE };
    } else return { ...result, ok: false, error: 'invalid_response_action', shown: TROUBLE };
    const next = views.inFront(view.user);
    return { ...result, ...(next && next.rootId === view.rootId ? { view_id: next.id } : {}) };
  }

  private showErrors(view: OpenView, errors: unknown, result: Outcome): Outcome {
    const inputs = new Set(view.blocks.filter((block) => block['type'] === 'input').map((block) => block['block_id']));
    const entries = isObject(errors) ? Object.entries(errors) : [];
    const sound = entries.every(([block, text]) => inputs.has(block) && typeof text === 'string' && text !== '');
    if (entries.length === 0 || !sound)
      return { ...result, ok: false, error: 'invalid_response_action_errors', shown: TROUBLE };
    view.errors = Object.fromEntries(entries) as Record<string, string>;
    this.desk.views.changed(view);
    return { ...result, ok: false, error: 'errors', errors: view.errors, view_id: view.id };
  }

  private showNext(view: OpenView, action: 'update' | 'push', next: unknown): string | undefined {
    const { views } = this.desk;
    const faults = viewFaults(next, 'modal');
    if (faults.length > 0) return `invalid_view: ${faults.join('; ')}`;
    if (action === 'update') views.replace(view, next as JsonObject);
    else if (views.stack(view).length >= VIEW_STACK_MAX) return 'push_limit_reached';
    else views.open(view.user, next as JsonObject, view);
    return undefined;
  }
}

/** The clicked card was rewritten, or something new was said to this person or beside the card. */
function answersClick(changed: Message, clicked: Message, user: string): boolean {
  return (
    changed === clicked ||
    changed.ephemeral_to === user ||
    (changed.thread_ts !== undefined && changed.thread_ts === (clicked.thread_ts ?? clicked.ts))
  );
}

function outcome(delivered: Delivered, shown: string): Outcome {
  const { ok, status, body, error } = delivered;
  return ok ? { ok, status, body } : { ok, status, body, error, shown };
}

function findElement(blocks: readonly JsonObject[], choice: Choice): Target | NotThere {
  const named = blocks.flatMap((block) =>
    interactiveElements(block)
      .filter((element) => element['action_id'] === choice.actionId)
      .map((element) => ({ element, blockId: String(block['block_id']) })),
  );
  const inBlock = named.filter((entry) => choice.blockId === undefined || entry.blockId === choice.blockId);
  const isButton = (entry: Target): boolean => entry.element['type'] === 'button';
  const found = inBlock.find(
    (entry) => !isButton(entry) || choice.value === undefined || entry.element['value'] === choice.value,
  );
  if (!found) {
    const there = blocks.flatMap(interactiveElements).map((element) => String(element['action_id']));
    return { notThere: `has no button ${choice.actionId}; it has ${there.join(', ') || 'none'}` };
  }
  if (isButton(found)) return found;
  if (found.element['type'] === 'overflow') {
    const option = optionsOf(found.element).find((entry) => entry['value'] === choice.value);
    return option ? { ...found, state: { selected_option: option } } : { notThere: 'does not offer this option' };
  }
  const state = elementState(found.element, choice.value);
  return state ? { ...found, state } : { notThere: 'does not offer this option' };
}
