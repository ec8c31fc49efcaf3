import { useState, type ReactNode } from 'react';
import type { AgentAnswer } from '#contracts/watch/agents.dto.js';
import { useLiveCalmly } from '../api/live-calmly.js';
import { usePages } from '../api/pages.js';
import { useRole } from '../session.js';
import { RiskBadge, StatusBadge } from '../ui/badges.js';
import { Named } from '../ui/named.js';
import { PageTitle } from '../ui/page-title.js';
import { ShowMore } from '../ui/show-more.js';
import { Empty, Shown } from '../ui/states.js';
import { NumberCell, Table } from '../ui/table.js';
import { figure, titleOf } from '../words/words.js';
import { isSuspended, SuspensionDialog } from './suspension-dialog.js';

/** The agents this person answers for, or all of them for operators and auditors. */
export function AgentsPage(): ReactNode {
  const agents = usePages<AgentAnswer>('/v1/people/agents?limit=200');
  const [chosen, setChosen] = useState<AgentAnswer | null>(null);
  const operator = useRole('operator');
  const oversight = useRole('operator', 'auditor');
  useLiveCalmly(agents.reload);
  return (
    <>
      <PageTitle
        title={titleOf('Agents', agents.data)}
        lead={
          oversight ? 'Every agent of the configuration, what it holds and how much it asks.' : 'The agents you own.'
        }
      />
      <Shown of={agents} what="agents">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No agents.">You own none. Owners are named in writ.yaml.</Empty>
          ) : (
            <div className="panel">
              <AgentTable items={items} choose={operator ? setChosen : null} />
              <ShowMore of={agents} />
            </div>
          )
        }
      </Shown>
      {chosen === null ? null : <SuspensionDialog agent={chosen} close={() => setChosen(null)} done={agents.reload} />}
    </>
  );
}

interface AgentTableProps {
  readonly items: readonly AgentAnswer[];
  readonly choose: ((agent: AgentAnswer) => void) | null;
}

/** The counts of a row, each under its head. */
const COUNTS = [
  ['Holds', 'live_grants'],
  ['Waits', 'pending'],
  ['Granted, 24 h', 'granted_last_day'],
  ['Denied, 24 h', 'denied_last_day'],
] as const;

function AgentTable({ items, choose }: AgentTableProps): ReactNode {
  const numbers = COUNTS.map(([head]) => head);
  return (
    <Table
      heads={['Agent', 'Owner', 'Stands', 'Highest risk held', ...numbers]}
      numbers={numbers}
      act={choose === null ? null : 'Change'}
    >
      {items.map((agent) => (
        <tr key={agent.id}>
          <td>
            <Named name={agent.name} id={agent.id} to={`/agents/${encodeURIComponent(agent.id)}`} />
          </td>
          <td data-name="Owner">
            <Named name={agent.owner_name} id={agent.owner} beneath={false} />
          </td>
          <td data-name="Stands">
            <SuspensionBadge agent={agent} />
          </td>
          <td data-name="Highest risk held">
            {agent.highest_risk === null ? <span className="quiet">–</span> : <RiskBadge risk={agent.highest_risk} />}
          </td>
          {COUNTS.map(([head, of]) => (
            <NumberCell key={of} head={head}>
              {figure(agent.counts[of])}
            </NumberCell>
          ))}
          {choose === null ? null : (
            <td className="end">
              <button
                type="button"
                className={`button small ${isSuspended(agent) ? '' : 'danger'}`}
                onClick={() => choose(agent)}
              >
                {isSuspended(agent) ? 'Resume' : 'Suspend'}
                <span className="unseen"> {agent.id}</span>
              </button>
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
}

/** Whether an agent may ask. */
export function SuspensionBadge({ agent }: { readonly agent: Pick<AgentAnswer, 'status'> }): ReactNode {
  return (
    <StatusBadge
      status={isSuspended(agent) ? 'suspended' : 'active'}
      words={isSuspended(agent) ? 'Suspended' : 'May ask'}
    />
  );
}
