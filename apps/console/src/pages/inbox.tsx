import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useLive, useReloadAt } from '../api/live.js';
import { usePages } from '../api/pages.js';
import type { InboxItem } from '../api/types.js';
import { Link } from '../router.js';
import { RiskBadge } from '../ui/badges.js';
import { Line } from '../ui/inert.js';
import { useKeys } from '../ui/keys.js';
import { TimeLeft } from '../ui/moments.js';
import { PageTitle } from '../ui/page-title.js';
import { ShowMore } from '../ui/show-more.js';
import { Empty, Shown } from '../ui/states.js';
import { atLeast, count, durationWords, titleOf, usesWords, verbLine } from '../words/words.js';

/** What waits for this person, the nearest deadline first. */
export function InboxPage(): ReactNode {
  const inbox = usePages<InboxItem>('/v1/inbox?view=pending&limit=100');
  useLive(inbox.reload);
  useReloadAt(inbox.data?.items[0]?.expires_at, inbox.reload);
  const { data } = inbox;
  return (
    <>
      <PageTitle
        title={titleOf('Inbox', data)}
        tab={data !== null && data.items.length > 0 ? `(${atLeast(data)}) Inbox` : 'Inbox'}
        lead="What agents ask and you may decide, the nearest deadline first."
      />
      <p className="unseen" role="status">
        {data === null
          ? ''
          : data.more
            ? `${atLeast(data)} requests waiting`
            : `${count(data.items.length, 'request')} waiting`}
      </p>
      <Shown of={inbox} what="inbox">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing waits for you.">New requests appear here by themselves.</Empty>
          ) : (
            <>
              <Asks items={items} />
              <ShowMore of={inbox} />
            </>
          )
        }
      </Shown>
    </>
  );
}

function Asks({ items }: { readonly items: readonly InboxItem[] }): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  const [at, setAt] = useState(-1);
  const move = (by: number): void => setAt((last) => Math.max(0, Math.min(items.length - 1, last + by)));
  useEffect(() => {
    if (at >= 0) list.current?.querySelectorAll<HTMLElement>('a.ask')[at]?.focus();
  }, [at]);
  useKeys([
    { key: 'j', does: 'next', run: () => move(1) },
    { key: 'k', does: 'previous', run: () => move(-1) },
  ]);
  return (
    <ul className="asks" ref={list}>
      {items.map((item) => (
        <li key={item.id}>
          <Ask item={item} />
        </li>
      ))}
    </ul>
  );
}

function Ask({ item }: { readonly item: InboxItem }): ReactNode {
  const { request } = item;
  return (
    <Link to={`/escalations/${item.id}`} className={`ask ${item.risk}`}>
      <div>
        <div className="verb">{verbLine(item)}</div>
        <div className="meta">
          <RiskBadge risk={item.risk} />
          {request.break_glass ? <span className="badge high">Break-glass</span> : null}
          <span>{durationWords(request.requested_ttl)}</span>
          <span>{usesWords(request.max_uses)}</span>
          <span>
            owner <Line text={item.owner_name} />
          </span>
          {request.task.ticket === null || request.task.ticket === undefined ? null : (
            <span>
              ticket <Line text={request.task.ticket} />
            </span>
          )}
          {item.folded > 0 ? <span className="badge">asked {item.folded + 1} times</span> : null}
        </div>
      </div>
      <div className="clock">
        <TimeLeft until={item.expires_at} of={item.approval?.window_seconds ?? null} />
        <div className="quiet">{progress(item)}</div>
      </div>
    </Link>
  );
}

function progress(item: InboxItem): string {
  const groups = item.approval?.groups ?? [];
  const needed = groups.reduce((sum, { quorum }) => sum + quorum, 0);
  const given = groups.reduce((sum, { approved }) => sum + approved, 0);
  return `${given} of ${count(needed, 'approval')}`;
}
