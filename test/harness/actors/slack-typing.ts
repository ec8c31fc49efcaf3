import type { Stage } from '../world/stage.js';

type Members = Record<string, unknown>;

/** Every text that Slack shows of these blocks, one a line. */
export function shownText(value: unknown): string {
  if (Array.isArray(value)) return lines(value);
  if (typeof value !== 'object' || value === null) return '';
  const leaf = value as { type?: unknown; text?: unknown };
  if (typeof leaf.type === 'string' && typeof leaf.text === 'string') return leaf.text;
  return lines(Object.values(value));
}

function lines(values: readonly unknown[]): string {
  return values
    .map(shownText)
    .filter((text) => text !== '')
    .join('\n');
}

/** What `/writ <text>` is answered, as the person reads it. */
export async function writ(stage: Stage, user: string, text: string, channel = 'C0001'): Promise<string> {
  const done = await stage.slack.call('command', { user, command: '/writ', text, channel });
  if (done.ok !== true) throw new Error(`/writ ${text} failed: ${JSON.stringify(done)}`);
  return done.reply === undefined ? '' : shownText(done.reply.blocks);
}

/** The code that `/writ link` gives this account. */
export async function linkCode(stage: Stage, user: string): Promise<string> {
  const answer = await writ(stage, user, 'link');
  const code = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(answer)?.[0];
  if (code === undefined) throw new Error(`no code in: ${answer}`);
  return code;
}

export interface Home {
  readonly view_id: string;
  readonly blocks: readonly Members[];
  readonly text: string;
}

/** Opens somebody's Home tab and reads it. */
export async function openHome(stage: Stage, user: string): Promise<Home> {
  const { view_id } = await stage.slack.call('home', { user });
  return home(stage, view_id as string);
}

/** A Home tab as it stands. */
export async function home(stage: Stage, viewId: string): Promise<Home> {
  const { views } = await stage.slack.call('messages');
  const view = (views as (Home & Members)[]).find((candidate) => candidate.view_id === viewId);
  if (view === undefined) throw new Error(`no view ${viewId}`);
  return { view_id: viewId, blocks: view.blocks, text: shownText(view.blocks) };
}

/** A click on a button of a Home tab; `value` says which of several. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the driver says
export function clickHome(stage: Stage, user: string, viewId: string, actionId: string, value?: string): Promise<any> {
  return stage.slack.call('click', { user, view_id: viewId, action_id: actionId, ...(value && { value }) });
}

/** The payload of a click in a Home tab, for a test to change. */
export function homeClickPayload(stage: Stage, user: string, actionId: string, value: string): Members {
  const { SLACK_TEAM_ID: team, SLACK_APP_ID: app } = stage.broker.slack.env;
  return {
    type: 'block_actions',
    user: { id: user, username: user, name: user, team_id: team },
    api_app_id: app,
    team: { id: team, domain: 'local' },
    enterprise: null,
    is_enterprise_install: false,
    trigger_id: `${Date.now()}.1.abc`,
    container: { type: 'view', view_id: 'V0001' },
    view: { id: 'V0001', type: 'home', blocks: [] },
    actions: [{ type: 'button', action_id: actionId, block_id: 'b', value, action_ts: '1.1' }],
  };
}
