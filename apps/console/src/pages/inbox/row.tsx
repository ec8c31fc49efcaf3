import type { MouseEvent, ReactNode } from 'react';
import { durationWords } from '#domain/words/duration-words.js';
import { usesWords } from '#domain/words/short-words.js';
import type { InboxItem } from '../../api/types.js';
import { isPlainClick } from '../../router.js';
import { RiskBadge } from '../../ui/badges.js';
import { Named } from '../../ui/named.js';
import { Line } from '../../ui/inert.js';
import { TimeLeft } from '../../ui/moments.js';
import { count } from '../../words/words.js';
import { Brief } from '../escalation/brief.js';
import type { ShownRow } from './shown-rows.js';

/** Where the row of a request is on the page. */
export const rowId = (id: string): string => `row-${id}`;

interface RowProps {
  readonly row: ShownRow;
  readonly href: string;
  /** The one row that Tab reaches; the arrows and j and k go to the others. */
  readonly reached: boolean;
  readonly open: boolean;
  readonly choose: (id: string) => void;
}

/** One request: what would be done, by whom and where, and how long there is to decide. */
export function Row({ row: { item, gone }, href, reached, open, choose }: RowProps): ReactNode {
  const follow = (event: MouseEvent): void => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    choose(item.id);
  };
  return (
    <a
      id={rowId(item.id)}
      href={href}
      onClick={follow}
      className={`ask ${item.risk} ${gone ? 'gone' : ''}`}
      tabIndex={reached ? 0 : -1}
      aria-current={open ? 'true' : undefined}
    >
      <Brief calls={item.calls} />
      <div className="parties">
        <Named name={item.agent_name} id={item.agent} beneath={false} /> on{' '}
        <Named name={item.resource_name} id={item.resource} beneath={false} />
        <span className="quiet">
          , owner <Line text={item.owner_name} />
        </span>
        <span className="beneath">
          <Line text={`${item.agent} · ${item.resource}`} mono />
        </span>
      </div>
      <div className="meta">
        <RiskBadge risk={item.risk} />
        {item.request.break_glass ? <span className="badge high">Break-glass</span> : null}
        {item.folded > 0 ? <span className="badge">asked {item.folded + 1} times</span> : null}
        {gone ? <span className="badge">waits for you no more</span> : <Clock item={item} />}
        <span>
          {durationWords(item.request.requested_ttl)}, {usesWords(item.request.max_uses)}
        </span>
        {item.request.task.ticket === null || item.request.task.ticket === undefined ? null : (
          <span>
            ticket <Line text={item.request.task.ticket} />
          </span>
        )}
      </div>
    </a>
  );
}

function Clock({ item }: { readonly item: InboxItem }): ReactNode {
  const groups = item.approval?.groups ?? [];
  const needed = groups.reduce((sum, { quorum }) => sum + quorum, 0);
  const given = groups.reduce((sum, { approved }) => sum + approved, 0);
  return (
    <span className="clock">
      <TimeLeft until={item.expires_at} of={item.approval?.window_seconds ?? null} />
      {needed > 1 ? `, ${given} of ${count(needed, 'approval')}` : ''}
    </span>
  );
}
