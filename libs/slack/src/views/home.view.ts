import type { Risk } from '#domain/policy-decision.js';
import type { RatedCall } from '#domain/words/call-lines.js';
import { durationWords } from '#domain/words/duration-words.js';
import { usesWords } from '#domain/words/short-words.js';
import { inertLine } from './inert-text.js';
import {
  clock,
  context,
  header,
  plain,
  sections,
  type Button,
  type LinkButton,
  type PlainText,
  type WritBlock,
} from './block-kit.js';
import { fold, foldedNote } from './fold.js';
import { askedOn, exactCalls, shortId } from './card/card-facts.js';
import { QUOTE } from './quoted.js';

/** A Home tab as `views.publish` takes it. */
export interface WritHome {
  readonly type: 'home';
  readonly callback_id: 'writ_home';
  readonly blocks: WritBlock[];
}

/** What every line of a Home tab says of a request. Texts are as stored: the view makes them inert. */
export interface HomeAsk {
  readonly escalationId: string;
  readonly agent: { readonly id: string; readonly name: string };
  readonly calls: readonly RatedCall[];
  /** Its name. */
  readonly resource: string;
  readonly consoleUrl: string;
}

export interface HomePending extends HomeAsk {
  readonly risk: Risk;
  /** Seconds. */
  readonly ttl: number;
  readonly maxUses: number | null;
  readonly decideBeforeSeconds: number;
  /** Identical asks that stand behind this one. */
  readonly folded: number;
}

export interface HomeGrant extends HomeAsk {
  readonly grantId: string;
  readonly status: 'ready' | 'active';
  readonly endsBeforeSeconds: number;
  readonly mayRevoke: boolean;
}

export interface HomeDecision extends HomeAsk {
  readonly verdict: 'approve' | 'deny';
  readonly status: string;
  readonly atSeconds: number;
}

/** Some of a list, and whether there are more than are shown. */
export interface Some<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

export interface HomeModel {
  readonly name: string;
  /** What became of the last thing done here; `null` when nothing was. */
  readonly notice: string | null;
  readonly pending: Some<HomePending>;
  readonly live: Some<HomeGrant>;
  readonly decided: Some<HomeDecision>;
  readonly consoleUrl: string;
  readonly updatedAtSeconds: number;
}

/** Lines of each list: with their buttons and clocks they stay well below the hundred blocks of a view. */
export const HOME_LINES_MAX = 10;
/** Characters of the exact calls in one line of a list. */
const EXACT_ROOM = 400;

/** The Home tab of a person. It offers no approval: that takes the whole card, here or in the console. */
export function homeView(home: HomeModel): WritHome {
  return view([
    ...noticeBlocks(home.notice),
    header('Waiting for you'),
    ...listed(home.pending, 'Nothing waits for you.', pendingBlocks),
    { type: 'divider' },
    header('Live grants'),
    ...listed(home.live, 'No live grant that you let happen.', grantBlocks),
    { type: 'divider' },
    header('Your decisions'),
    ...listed(home.decided, 'You have decided nothing yet.', decisionBlocks),
    { type: 'divider' },
    { type: 'actions', elements: [link('Open the console', home.consoleUrl)] },
    ...context([plain(`You act as ${inertLine(home.name)}.`), clock('As of', home.updatedAtSeconds)]),
  ]);
}

/** The Home tab of an account that is nobody's yet; with `code`, how to enter it. */
export function unlinkedHome(home: { code: string | null; notice: string | null; accountUrl: string }): WritHome {
  const { code, notice, accountUrl } = home;
  return view([
    ...noticeBlocks(notice),
    header('This Slack account is not linked'),
    ...sections([
      'Writ does not know who you are here, so that nothing you click counts.',
      'Get a code, sign in to the console with your own account, and enter the code there. An e-mail address is never enough.',
    ]),
    ...(code === null ? [] : [...sections([`Your code: ${code}`]), ...context([plain(CODE_RULES)])]),
    {
      type: 'actions',
      elements: [
        button('writ_home_link', code === null ? 'Get a code' : 'Get another code', 'link'),
        link('Open the console', accountUrl),
      ],
    },
  ]);
}

/** The Home tab of an account that may not act at all. */
export function refusedHome(why: string): WritHome {
  return view([header('Writ cannot serve this account'), ...sections([why])]);
}

/** What people must know about a code. */
export const CODE_RULES =
  'Good once, for ten minutes, and only for this Slack account. Enter no code that somebody else gave you: it would let them act as you.';

function view(blocks: WritBlock[]): WritHome {
  return { type: 'home', callback_id: 'writ_home', blocks };
}

function noticeBlocks(notice: string | null): WritBlock[] {
  return notice === null ? [] : [...sections([notice]), { type: 'divider' }];
}

function listed<T>(list: Some<T>, empty: string, blocksOf: (item: T) => WritBlock[]): WritBlock[] {
  if (list.items.length === 0) return sections([empty]);
  return [...list.items.flatMap(blocksOf), ...(list.more ? context([plain('More in the console.')]) : [])];
}

function pendingBlocks(ask: HomePending): WritBlock[] {
  const like = ask.folded === 0 ? '' : ` · asked ${ask.folded + 1} times`;
  const asked = `${askedWords(ask)} for ${durationWords(ask.ttl)}, ${usesWords(ask.maxUses)}${like}`;
  return [
    ...sections([`${ask.risk.toUpperCase()} · ${asked}`, ...exactLines(ask)], QUOTE),
    ...context([...idsOf(ask), clock('Decide before', ask.decideBeforeSeconds)]),
    { type: 'actions', elements: [button('writ_home_details', 'Details', ask.escalationId), open(ask)] },
  ];
}

function grantBlocks(grant: HomeGrant): WritBlock[] {
  const held = grant.status === 'active' ? 'held now' : 'not collected yet';
  const details = button('writ_home_details', 'Details', grant.escalationId);
  return [
    ...sections([`${askedWords(grant)} · ${held}`, ...exactLines(grant)], QUOTE),
    ...context([plain(inertLine(grant.grantId)), clock('Ends before', grant.endsBeforeSeconds)]),
    { type: 'actions', elements: [...(grant.mayRevoke ? [revoke(grant)] : []), details, open(grant)] },
  ];
}

function decisionBlocks(decision: HomeDecision): WritBlock[] {
  const verdict = decision.verdict === 'approve' ? 'You approved' : 'You denied';
  return [
    ...sections([`${verdict} · ${askedWords(decision)} · now ${decision.status}`, ...exactLines(decision)], QUOTE),
    ...context([...idsOf(decision), clock('at', decision.atSeconds)]),
  ];
}

/** `Support bot: Refund 40.00 EUR for order 8812 on Payments`. */
export function askedWords({ agent, calls, resource }: HomeAsk): string {
  return `${inertLine(agent.name)}: ${askedOn(calls, resource)}`;
}

/** The calls exactly, as far as a list has room; the rest is counted and waits in Details and in the console. */
export function exactLines({ calls }: HomeAsk): string[] {
  const { shown, hidden } = fold(
    exactCalls(calls)
      .flatMap(({ lines }) => lines)
      .join('\n'),
    EXACT_ROOM,
  );
  return [...shown.split('\n'), ...(hidden === 0 ? [] : [foldedNote(hidden)])];
}

function idsOf({ agent, escalationId }: HomeAsk): PlainText[] {
  const id = agent.name === agent.id ? [] : [plain(inertLine(agent.id))];
  return [...id, plain(shortId(escalationId))];
}

function revoke(grant: HomeGrant): Button {
  return {
    ...button('writ_home_revoke', 'Revoke', grant.grantId),
    style: 'danger',
    confirm: {
      title: plain('Revoke this grant?'),
      text: plain(
        `${inertLine(grant.agent.name)} loses grant ${shortId(grant.grantId)} at once. This cannot be undone.`,
      ),
      confirm: plain('Revoke'),
      deny: plain('Back'),
      style: 'danger',
    },
  };
}

function open({ consoleUrl }: HomeAsk): LinkButton {
  return link('Open in console', consoleUrl);
}

function link(words: string, url: string): LinkButton {
  return { type: 'button', action_id: 'writ_home_open', text: plain(words), url };
}

function button(actionId: string, words: string, value: string): Button & { readonly text: PlainText } {
  return { type: 'button', action_id: actionId, text: plain(words), value };
}
