import type { ReactNode } from 'react';
import { useLive } from '../api/live.js';
import { usePages } from '../api/pages.js';
import type { InboxItem } from '../api/types.js';
import { Link } from '../router.js';
import { usePerson } from '../session.js';
import { RiskBadge, StatusBadge } from '../ui/badges.js';
import { Line } from '../ui/inert.js';
import { When } from '../ui/moments.js';
import { Named } from '../ui/named.js';
import { PageTitle } from '../ui/page-title.js';
import { ShowMore } from '../ui/show-more.js';
import { Empty, Shown } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { actionWords } from '../words/words.js';

/** What this person decided, newest first. */
export function HistoryPage(): ReactNode {
  const decided = usePages<InboxItem>('/v1/inbox?view=decided&limit=50');
  useLive(decided.reload);
  return (
    <>
      <PageTitle title="My history" lead="What you decided, newest first, and what became of it." />
      <Shown of={decided} what="history">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="You have decided nothing yet.">Your votes stay here, with what you wrote.</Empty>
          ) : (
            <div className="panel">
              <Table heads={['Request', 'Agent', 'You', 'Stands', 'When']} act={null}>
                {items.map((item) => (
                  <DecidedRow key={item.id} item={item} />
                ))}
              </Table>
              <ShowMore of={decided} />
            </div>
          )
        }
      </Shown>
    </>
  );
}

function DecidedRow({ item }: { readonly item: InboxItem }): ReactNode {
  const { person } = usePerson();
  const vote = item.votes.find((candidate) => candidate.person === person);
  const { grant, agent_name, resource_name } = item;
  return (
    <tr>
      <td>
        <RiskBadge risk={item.risk} />{' '}
        <Link to={`/escalations/${item.id}`}>{actionWords(item.request.authorization_details)}</Link>
        <div>
          on <Named name={resource_name} id={item.resource} />
        </div>
      </td>
      <td data-name="Agent">
        <Named name={agent_name} id={item.agent} />
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
