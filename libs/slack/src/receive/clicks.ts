import { isObject, member } from '#domain/json.js';
import { LIMITS } from '#domain/limits.js';
import { elementBlockId, type LimitsForm } from '../views/limits-form.js';

/** A click on a button of a card, every member present and consistent. Names and echoed blocks are never read. */
export interface SlackClick {
  readonly cardId: string;
  readonly teamId: string;
  readonly userId: string;
  readonly apiAppId: string;
  readonly channelId: string;
  readonly messageTs: string;
  readonly triggerId: string;
  /** Where Slack takes an answer to this click alone; for channels in which the app may not speak. */
  readonly responseUrl?: string;
  readonly organisation?: string;
}

/** The deny modal as submitted. It names no channel: that comes from the stored card. */
export interface SlackSubmission {
  readonly cardId: string;
  readonly teamId: string;
  readonly userId: string;
  readonly apiAppId: string;
  readonly viewId: string;
  readonly reason: string;
  readonly organisation?: string;
}

/** The form to approve for less as submitted. */
export interface LimitsSubmission extends Omit<SlackSubmission, 'reason'> {
  readonly form: LimitsForm;
}

const SLACK_ID = /^[A-Z0-9]{1,32}$/;
const ORGANISATION = /^E[A-Z0-9]{1,31}$/;
const SLACK_TS = /^\d{1,16}\.\d{1,6}$/;
const OPAQUE = /^[\x21-\x7e]{1,255}$/;

/** A `block_actions` body as a click, or `null` when any member is missing, malformed or contradicts another. */
export function parseClick(body: unknown): SlackClick | null {
  const sender = parseSender(body);
  const container = member(body, 'container');
  const channelId = text(member(container, 'channel_id'), SLACK_ID);
  const messageTs = text(member(container, 'message_ts'), SLACK_TS);
  const triggerId = text(member(body, 'trigger_id'), OPAQUE);
  const actions = member(body, 'actions');
  const cardId = Array.isArray(actions) && actions.length === 1 ? text(member(actions[0], 'value'), OPAQUE) : null;
  if (sender === null || channelId === null || messageTs === null || triggerId === null || cardId === null) return null;
  if (member(member(body, 'channel'), 'id') !== channelId) return null;
  const responseUrl = text(member(body, 'response_url'), OPAQUE);
  return { ...sender, cardId, channelId, messageTs, triggerId, ...(responseUrl !== null && { responseUrl }) };
}

/** A `view_submission` of the deny modal, or `null`. The reason is trimmed; an empty one is `''`, for the modal to say. */
export function parseDenySubmission(body: unknown): SlackSubmission | null {
  const sender = parseSender(body);
  const view = member(body, 'view');
  const viewId = text(member(view, 'id'), OPAQUE);
  const cardId = text(member(view, 'private_metadata'), OPAQUE);
  const field = member(member(member(member(view, 'state'), 'values'), 'reason'), 'reason');
  const value = member(field, 'value');
  if (sender === null || viewId === null || cardId === null || field === undefined) return null;
  if (value !== null && value !== undefined && typeof value !== 'string') return null;
  return { ...sender, viewId, cardId, reason: (value ?? '').trim() };
}

/**
 * A `view_submission` of the form to approve for less, or `null`. Values are taken as texts and judged later; one that is
 * no text counts as missing, and boxes that are missing count as not ticked.
 */
export function parseLimitsSubmission(body: unknown): LimitsSubmission | null {
  const sender = parseSender(body);
  const view = member(body, 'view');
  const viewId = text(member(view, 'id'), OPAQUE);
  const cardId = text(member(view, 'private_metadata'), OPAQUE);
  const values = member(member(view, 'state'), 'values');
  if (sender === null || viewId === null || cardId === null || typeof values !== 'object' || values === null)
    return null;
  const field = (name: string): unknown => member(member(values, name), name);
  const typed = (name: string): string | null => asText(member(field(name), 'value'));
  const note = (typed('note') ?? '').trim();
  const form: LimitsForm = {
    ttl: asText(member(member(field('ttl'), 'selected_option'), 'value')),
    ttlExact: typed('ttl_exact'),
    uses: typed('uses'),
    ticked: new Map(elementPlaces(values).map((place) => [place, tickedIn(field(elementBlockId(place)))])),
    note: note === '' ? null : note,
  };
  return { ...sender, viewId, cardId, form };
}

function elementPlaces(values: object): number[] {
  const places = Array.from({ length: LIMITS.elementsMax }, (_, place) => place);
  return places.filter((place) => Object.hasOwn(values, elementBlockId(place)));
}

function tickedIn(field: unknown): string[] {
  const options = member(field, 'selected_options');
  return Array.isArray(options) ? options.map((option) => asText(member(option, 'value')) ?? '') : [];
}

function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** What is wrong with a reason of a denial, in words for the modal; `null` when nothing is. */
export function reasonFault(reason: string): string | null {
  if (reason === '') return 'Please say why. The agent reads it.';
  return reason.length > LIMITS.reasonLengthMax ? `At most ${LIMITS.reasonLengthMax} characters, please.` : null;
}

/** True when a click names exactly the stored card's place and our own workspace and app. */
export function clickMatches(
  click: SlackClick,
  card: { readonly channel: string; readonly ts: string | null },
  workspace: { readonly teamId: string; readonly appId: string },
): boolean {
  return (
    card.ts !== null &&
    click.messageTs === card.ts &&
    click.channelId === card.channel &&
    click.teamId === workspace.teamId &&
    click.apiAppId === workspace.appId
  );
}

/** The account that an incomplete body names, each half on its own; `null` where it names none. For the history only. */
export function namedAccount(body: unknown): { readonly team: string | null; readonly user: string | null } {
  const user = member(body, 'user');
  const team = text(member(member(body, 'team'), 'id'), SLACK_ID) ?? text(member(user, 'team_id'), SLACK_ID);
  return { team, user: text(member(user, 'id'), SLACK_ID) };
}

/** The card that an incomplete body names, by its button or its modal; `null` where it names none. For the history only. */
export function namedCard(body: unknown): string | null {
  const actions = member(body, 'actions');
  const value: unknown = Array.isArray(actions) ? member(actions[0], 'value') : undefined;
  return text(value, OPAQUE) ?? text(member(member(body, 'view'), 'private_metadata'), OPAQUE);
}

/**
 * The word for an interaction that can reach no listener, or `null`: a click or a submission that names no account, a
 * click with not exactly one action, or one of whose members Bolt would fail on. Nothing would learn that it came.
 */
export function namelessInteraction(body: unknown): string | null {
  const type = member(body, 'type');
  if (type !== 'block_actions' && type !== 'view_submission') return null;
  const { user } = namedAccount(body);
  if (user === null || member(body, 'channel') === null) return type;
  if (type === 'view_submission') return isObject(member(body, 'view')) ? null : type;
  const actions = member(body, 'actions');
  return Array.isArray(actions) && actions.length === 1 && isObject(actions[0]) ? null : type;
}

/** The account that acted; `organisation` where Slack names the user's Enterprise Grid instead of their workspace. */
export type Sender = Pick<SlackClick, 'teamId' | 'userId' | 'apiAppId' | 'organisation'>;

/** The account, team and app of an interaction; `null` where one is missing or two contradict each other. */
export function parseSender(body: unknown): Sender | null {
  const userId = text(member(member(body, 'user'), 'id'), SLACK_ID);
  const apiAppId = text(member(body, 'api_app_id'), SLACK_ID);
  const team = parseTeam(body);
  return userId === null || apiAppId === null || team === null ? null : { ...team, userId, apiAppId };
}

/**
 * The workspace whose account this is. `user.team_id` is the user's own: it must be the workspace that was acted in, or
 * the organisation of that workspace, in which user ids are unique. Two that differ otherwise are two accounts, of which
 * one may bear the other's id. `team` is null under an organisation-wide install; then the user's own team stands.
 */
function parseTeam(body: unknown): Pick<Sender, 'teamId' | 'organisation'> | null {
  const team = member(body, 'team');
  const userTeam = member(member(body, 'user'), 'team_id');
  const alone = team === null || team === undefined;
  const teamId = text(alone ? userTeam : member(team, 'id'), SLACK_ID);
  if (teamId === null) return null;
  if (alone || userTeam === undefined || userTeam === teamId) return { teamId };
  const organisation = organisationOf(body);
  return organisation !== null && userTeam === organisation ? { teamId, organisation } : null;
}

/** The organisation of the workspace that was acted in; `null` where the body names none, or two. */
function organisationOf(body: unknown): string | null {
  const named = [member(member(body, 'team'), 'enterprise_id'), member(member(body, 'enterprise'), 'id')];
  const [one = null, ...others] = named.filter((id) => id !== undefined && id !== null);
  return others.every((other) => other === one) ? text(one, ORGANISATION) : null;
}

function text(value: unknown, grammar: RegExp): string | null {
  return typeof value === 'string' && grammar.test(value) ? value : null;
}
