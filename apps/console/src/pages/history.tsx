import { useState, type ReactNode } from 'react';
import { get } from '../api/client.js';
import { useLive } from '../api/live.js';
import { useResource } from '../api/resource.js';
import type { InboxItem, Page } from '../api/types.js';
import { Link } from '../router.js';
import { usePerson } from '../session.js';
import { useAction } from '../ui/action.js';
import { RiskBadge, StatusBadge } from '../ui/badges.js';
import { Line } from '../ui/inert.js';
import { When } from '../ui/moments.js';
import { PageTitle } from '../ui/page-title.js';
import { Empty, Failed, Shown } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { verbLine } from '../words/words.js';

const VIEW = '/v1/inbox?view=decided&limit=50';

/** What this person decided, newest first. */
export function HistoryPage(): ReactNode {
  const first = useResource<Page<InboxItem>>(VIEW);
  useLive(first.reload);
  return (
    <>
      <PageTitle title="My history" lead="What you decided, newest first, and what became of it." />
      <Shown of={first} what="history">
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="You have decided nothing yet.">Your votes stay here, with what you wrote.</Empty>
          ) : (
            <Decided key={page.items[0]?.id} page={page} />
          )
        }
      </Shown>
    </>
  );
}

function Decided({ page }: { readonly page: Page<InboxItem> }): ReactNode {
  const [more, setMore] = useState<readonly InboxItem[]>([]);
  const [cursor, setCursor] = useState(page.next_cursor);
  const action = useAction();
  const next = (): void =>
    void action.run(async () => {
      const found = await get<Page<InboxItem>>(`${VIEW}&cursor=${encodeURIComponent(cursor ?? '')}`);
      setMore([...more, ...found.items]);
      setCursor(found.next_cursor);
    });
  return (
    <div className="panel">
      <Table heads={['Request', 'You', 'Stands', 'When']} act={null}>
        {[...page.items, ...more].map((item) => (
          <DecidedRow key={item.id} item={item} />
        ))}
      </Table>
      {action.problem === null ? null : <Failed problem={action.problem} />}
      {cursor === null ? null : (
        <p className="after">
          <button type="button" className="button" onClick={next} disabled={action.busy}>
            Show more
          </button>
        </p>
      )}
    </div>
  );
}

function DecidedRow({ item }: { readonly item: InboxItem }): ReactNode {
  const { person } = usePerson();
  const vote = item.votes.find((candidate) => candidate.person === person);
  const grant = item.grant;
  return (
    <tr>
      <td>
        <Link to={`/escalations/${item.id}`}>{verbLine(item)}</Link>
        <div>
          <RiskBadge risk={item.risk} />
        </div>
      </td>
      <td data-name="You">
        {vote === undefined ? '–' : vote.verdict === 'approve' ? 'approved' : 'denied'}
        {vote?.reason === null || vote === undefined ? null : (
          <div className="quiet small-text">
            <Line text={vote.reason} />
          </div>
        )}
      </td>
      <td data-name="Stands">
        <StatusBadge status={grant?.status ?? item.status} />
      </td>
      <td data-name="When">
        <When at={vote?.at ?? item.decided_at} />
      </td>
    </tr>
  );
}
