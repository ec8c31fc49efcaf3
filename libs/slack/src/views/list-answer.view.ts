import { inertLine } from './inert-text.js';
import { clock, consoleLink, context, plain, sections, type SmallText, type WritBlock } from './block-kit.js';
import type { CommandAnswer } from './command-answer.view.js';
import { askedWords, exactLines, type HomeAsk, type HomeModel, type Some } from './home.view.js';
import { QUOTE } from './quoted.js';

/** The answer to `/writ list`: what waits for the person with a link to where it is decided, and what they may end. */
export function listAnswer({ pending, live }: HomeModel): CommandAnswer {
  return {
    response_type: 'ephemeral',
    text: 'Writ answers',
    blocks: [
      ...sections([pending.items.length === 0 ? 'Nothing waits for you.' : 'Waiting for you:']),
      ...listed(pending, (ask) =>
        lineOf(ask, `${ask.risk.toUpperCase()} · ${askedWords(ask)}`, [
          consoleLink(ask.consoleUrl),
          clock('Decide before', ask.decideBeforeSeconds),
          plain(inertLine(ask.escalationId)),
        ]),
      ),
      ...sections([live.items.length === 0 ? 'No live grant that you let happen.' : 'Live grants:']),
      ...listed(live, (grant) =>
        lineOf(grant, `${askedWords(grant)} · ${grant.status}`, [
          consoleLink(grant.consoleUrl),
          clock('Ends before', grant.endsBeforeSeconds),
          ...(grant.mayRevoke ? [plain(`/writ revoke ${inertLine(grant.grantId)}`)] : []),
        ]),
      ),
    ],
  };
}

function listed<T>(list: Some<T>, blocksOf: (item: T) => WritBlock[]): WritBlock[] {
  return [...list.items.flatMap(blocksOf), ...(list.more ? context([plain('More in the console.')]) : [])];
}

function lineOf(ask: HomeAsk, words: string, small: readonly SmallText[]): WritBlock[] {
  return [...sections([words, ...exactLines(ask)], QUOTE), ...context(small)];
}
