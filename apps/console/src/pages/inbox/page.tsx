import { useCallback, useEffect, useMemo, useRef, type ReactNode } from 'react';
import { go, Link, useSearch } from '../../router.js';
import { useMedia } from '../../ui/media.js';
import { useTab } from '../../ui/page-title.js';
import { totalWords } from '../../words/words.js';
import { EscalationPage } from '../escalation/page.js';
import { ListColumn } from './column.js';
import { groupsOf } from './list.js';
import { listPath, queryOf, searchOf, type Query } from './query.js';
import { useDeciding, type Said } from './use-deciding.js';
import { useMoves } from './use-moves.js';
import { useWaiting } from './use-waiting.js';

/** From this width on the list and a request stand side by side. */
const SIDE_BY_SIDE = '(min-width: 1080px)';

interface InboxPageProps {
  /** The request that is open beside the list, or in its place on a narrow screen. */
  readonly openId: string | null;
}

/** What waits for this person, the nearest deadline first, and one of it to be decided; after it the next. */
export function InboxPage({ openId }: InboxPageProps): ReactNode {
  const search = useSearch();
  const query = useMemo(() => queryOf(search), [search]);
  const waiting = useWaiting(listPath(query));
  const wide = useMedia(SIDE_BY_SIDE);
  const groups = useMemo(() => groupsOf(waiting.rows, query.by), [waiting.rows, query.by]);
  const rows = useMemo(() => groups.flatMap((group) => group.rows), [groups]);
  const moves = useMoves({ rows, openId, search, wide });
  const { said, decided } = useDeciding({ waiting, rows, query, moves });
  const tab = (waiting.head?.total ?? 0) > 0 ? `(${totalWords(waiting.head)}) ` : '';
  useTab(openId === null ? `${tab}Inbox` : null);
  const here = useRef(openId);
  useEffect(() => {
    here.current = openId;
  });
  const change = useCallback((next: Query): void => {
    go(`${here.current === null ? '/' : `/inbox/${here.current}`}${searchOf(next)}`, true);
  }, []);
  const list = (
    <ListColumn {...{ waiting, groups, query, search, openId, change }} reached={moves.reached} choose={moves.choose} />
  );
  const request =
    openId === null ? null : (
      <EscalationPage
        key={openId}
        id={openId}
        beside={{
          place: { level: wide ? 2 : 1, tab, focus: moves.focusHeading },
          listed: rows.find(({ item }) => item.id === openId)?.item ?? null,
          decided,
        }}
      />
    );
  if (!wide)
    return (
      <>
        <Told said={said} />
        {request === null ? null : (
          <p className="back">
            <Link to={`/${search}`}>← Inbox</Link>
          </p>
        )}
        {request ?? list}
      </>
    );
  return (
    <div className="split">
      {list}
      <section className="pane" aria-label="Request">
        <Told said={said} />
        {request ?? <NothingOpen any={rows.length > 0} />}
      </section>
    </div>
  );
}

/** Always there, so that a reader of the screen hears what comes into it. */
function Told({ said: { text, warning } }: { readonly said: Said }): ReactNode {
  return (
    <div className="told">
      <p className={text === '' ? 'unseen' : 'note'} role="status">
        {text}
      </p>
      <p className={warning === null ? 'unseen' : 'note warn'} role="status">
        {warning}
      </p>
    </div>
  );
}

function NothingOpen({ any }: { readonly any: boolean }): ReactNode {
  return (
    <div className="nothing-open">
      {any ? (
        <p>
          Choose a request. <kbd>Enter</kbd> opens the first, <kbd>j</kbd> and <kbd>k</kbd> go through them,{' '}
          <kbd>?</kbd> lists all keys.
        </p>
      ) : null}
    </div>
  );
}
