import { useState, type ReactNode } from 'react';
import { post } from '../api/client.js';
import { useLive } from '../api/live.js';
import { usePages } from '../api/pages.js';
import type { AgentAnswer } from '#contracts/console.dto.js';
import { useRole } from '../session.js';
import { useAction } from '../ui/action.js';
import { StatusBadge } from '../ui/badges.js';
import { FormDialog } from '../ui/dialog.js';
import { TextField } from '../ui/fields.js';
import { Line } from '../ui/inert.js';
import { PageTitle } from '../ui/page-title.js';
import { ShowMore } from '../ui/show-more.js';
import { Empty, Shown } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { nameAndId, titleOf } from '../words/words.js';

const isSuspended = (agent: AgentAnswer): boolean => agent.status === 'suspended';

/** The agents this person answers for, or all of them for operators and auditors. */
export function AgentsPage(): ReactNode {
  const agents = usePages<AgentAnswer>('/v1/people/agents?limit=200');
  const [chosen, setChosen] = useState<AgentAnswer | null>(null);
  const operator = useRole('operator');
  const oversight = useRole('operator', 'auditor');
  useLive(agents.reload);
  return (
    <>
      <PageTitle
        title={titleOf('Agents', agents.data)}
        lead={oversight ? 'Every agent of the configuration, and how much it asks.' : 'The agents you own.'}
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
      {chosen === null ? null : <StandingDialog agent={chosen} close={() => setChosen(null)} done={agents.reload} />}
    </>
  );
}

interface AgentTableProps {
  readonly items: readonly AgentAnswer[];
  readonly choose: ((agent: AgentAnswer) => void) | null;
}

function AgentTable({ items, choose }: AgentTableProps): ReactNode {
  return (
    <Table heads={['Agent', 'Owner', 'Stands', 'Asks']} act={choose === null ? null : 'Change'}>
      {items.map((agent) => (
        <tr key={agent.id}>
          <td>
            <strong>{nameAndId(agent.name, agent.id)}</strong>
          </td>
          <td data-name="Owner">
            <Line text={agent.owner_name} />
          </td>
          <td data-name="Stands">
            <StatusBadge
              status={isSuspended(agent) ? 'suspended' : 'active'}
              words={isSuspended(agent) ? 'Suspended' : 'May ask'}
            />
          </td>
          <td data-name="Asks" className="quiet small-text">
            {countsOf(agent)}
          </td>
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

function countsOf({ counts }: AgentAnswer): string {
  const { pending, live_grants, granted_last_day, denied_last_day } = counts;
  return `${pending} waiting · ${live_grants} live · in 24 h ${granted_last_day} granted, ${denied_last_day} denied`;
}

interface StandingDialogProps {
  readonly agent: AgentAnswer;
  readonly close: () => void;
  readonly done: () => void;
}

function StandingDialog({ agent, close, done }: StandingDialogProps): ReactNode {
  const suspended = isSuspended(agent);
  const [reason, setReason] = useState('');
  const action = useAction();
  const change = (): void => {
    const path = `/v1/agents/${encodeURIComponent(agent.id)}/${suspended ? 'resume' : 'suspend'}`;
    const said = reason.trim();
    void action
      .run(() => post(path, said === '' ? {} : { reason: said }))
      .then((went) => {
        if (!went) return;
        close();
        done();
      });
  };
  return (
    <FormDialog
      title={`${suspended ? 'Resume' : 'Suspend'} ${nameAndId(agent.name, agent.id)}`}
      verb={suspended ? 'Resume' : 'Suspend now'}
      danger={!suspended}
      close={close}
      submit={change}
      busy={action.busy}
      problem={action.problem}
    >
      <p className="quiet">
        {suspended
          ? 'It may ask again. Nothing that ended comes back.'
          : 'Everything it holds and everything it asks ends at once. It cannot ask until an operator resumes it.'}
      </p>
      <TextField name="Reason" hint="Kept in the history." value={reason} change={setReason} most={500} lines first />
    </FormDialog>
  );
}
