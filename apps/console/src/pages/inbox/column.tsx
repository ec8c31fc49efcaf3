import type { ReactNode } from 'react';
import { useHeading } from '../../ui/page-title.js';
import { ShowMore } from '../../ui/show-more.js';
import { Empty, Failed, Loading } from '../../ui/states.js';
import { count, totalWords } from '../../words/words.js';
import { Filters } from './filters.js';
import { List, type Group } from './list.js';
import { isNarrowed, type Query } from './query.js';
import { TITLE_ID } from './use-moves.js';
import type { Waiting } from './use-waiting.js';

interface ColumnProps {
  readonly waiting: Waiting;
  readonly groups: readonly Group[];
  readonly query: Query;
  readonly search: string;
  readonly openId: string | null;
  readonly reached: string | null;
  readonly change: (query: Query) => void;
  readonly choose: (id: string) => void;
}

/** The list with what narrows it, its true count, and what has come since it was put in order. */
export function ListColumn(props: ColumnProps): ReactNode {
  const { waiting, groups, query, search, openId, reached, change, choose } = props;
  const heading = useHeading(openId === null);
  const { list, head, rows } = waiting;
  const leave = (): void => document.querySelector<HTMLElement>('.asks a[tabindex="0"]')?.focus();
  return (
    <div className="column" aria-busy={waiting.stale}>
      <header className="head">
        <h1 tabIndex={-1} ref={heading} id={TITLE_ID}>
          Inbox
        </h1>
        <p role="status">{head === null ? '' : countWords(waiting, query)}</p>
      </header>
      <Filters query={query} facets={head?.facets ?? null} change={change} leave={leave} />
      <News waiting={waiting} />
      {list.error === null ? null : <Failed problem={list.error} retry={list.reload} />}
      {head === null ? (
        list.error === null ? (
          <Loading what="inbox" />
        ) : null
      ) : rows.length === 0 ? (
        <Nothing waiting={waiting} query={query} />
      ) : (
        <List {...{ groups, search, openId, reached, choose }} by={query.by} facets={head.facets} />
      )}
      <ShowMore of={list} />
    </div>
  );
}

function countWords({ head }: Waiting, query: Query): string {
  const total = head?.total ?? 0;
  const [verb, whom] = isNarrowed(query) ? ['fit', ''] : ['wait', ' for you'];
  return `${totalWords(head)} ${verb}${total === 1 ? 's' : ''}${whom}, nearest deadline first`;
}

/** New requests never push away what is read: those that belong further up wait for a word. */
function News({ waiting: { held, added, settle } }: { readonly waiting: Waiting }): ReactNode {
  const words = [
    ...(held === 0 ? [] : [`${count(held, 'new request')} with a nearer deadline`]),
    ...(added === 0 ? [] : [`${count(added, 'new request')} at the end`]),
  ].join(', ');
  return (
    <div className={words === '' ? 'unseen' : 'news'} role="status">
      {words}
      {held === 0 ? null : (
        <button type="button" className="link" onClick={settle}>
          Show
        </button>
      )}
    </div>
  );
}

function Nothing({ waiting, query }: { readonly waiting: Waiting; readonly query: Query }): ReactNode {
  if (waiting.list.loading || (waiting.list.data?.items.length ?? 0) > 0) return <Loading what="inbox" />;
  if (isNarrowed(query)) return <Empty title="Nothing that waits fits.">Take a filter away, or search for less.</Empty>;
  return <Empty title="Nothing waits for you.">New requests appear here by themselves.</Empty>;
}
