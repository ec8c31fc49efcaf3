import { LIMITS } from '#domain/limits.js';

/** A click on a button of a card, every member present and consistent. Names and echoed blocks are never read. */
export interface SlackClick {
  readonly cardId: string;
  readonly teamId: string;
  readonly userId: string;
  readonly apiAppId: string;
  readonly channelId: string;
  readonly messageTs: string;
  readonly triggerId: string;
}

/** The deny modal as submitted. It names no channel: that comes from the stored card. */
export interface SlackSubmission {
  readonly cardId: string;
  readonly teamId: string;
  readonly userId: string;
  readonly apiAppId: string;
  readonly viewId: string;
  readonly reason: string;
}

const SLACK_ID = /^[A-Z0-9]{1,32}$/;
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
  return { ...sender, cardId, channelId, messageTs, triggerId };
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

function parseSender(body: unknown): Pick<SlackClick, 'teamId' | 'userId' | 'apiAppId'> | null {
  const userId = text(member(member(body, 'user'), 'id'), SLACK_ID);
  const apiAppId = text(member(body, 'api_app_id'), SLACK_ID);
  const teamId = parseTeam(body);
  return userId === null || apiAppId === null || teamId === null ? null : { teamId, userId, apiAppId };
}

/** `team` is null under an organisation-wide install; then the user's own team stands. Two that differ are refused. */
function parseTeam(body: unknown): string | null {
  const team = member(body, 'team');
  const userTeam = member(member(body, 'user'), 'team_id');
  if (team === null || team === undefined) return text(userTeam, SLACK_ID);
  const teamId = text(member(team, 'id'), SLACK_ID);
  return userTeam === undefined || userTeam === teamId ? teamId : null;
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined;
}

function text(value: unknown, grammar: RegExp): string | null {
  return typeof value === 'string' && grammar.test(value) ? value : null;
}
