import { useState, type ReactNode } from 'react';
import type { AgentAnswer } from '#contracts/watch/agents.dto.js';
import type { SuspensionEndsAnswer, WholeAgentAnswer } from '#contracts/watch/agents.dto.js';
import { post } from '../api/client.js';
import { useResource } from '../api/resource.js';
import { useAction } from '../ui/action.js';
import { FormDialog } from '../ui/dialog.js';
import { TextField } from '../ui/fields.js';
import { count, nameAndId } from '../words/words.js';

export const isSuspended = (agent: Pick<AgentAnswer, 'status'>): boolean => agent.status === 'suspended';

interface SuspensionDialogProps {
  readonly agent: Pick<AgentAnswer, 'id' | 'name' | 'status'>;
  readonly close: () => void;
  readonly done: () => void;
}

/** Suspends an agent, or lets it ask again. Says first what a suspension would end, counted when the window opens. */
export function SuspensionDialog({ agent, close, done }: SuspensionDialogProps): ReactNode {
  // What was asked for stays what is confirmed, whatever others do meanwhile.
  const [suspended] = useState(isSuspended(agent));
  const [reason, setReason] = useState('');
  const action = useAction();
  const path = encodeURIComponent(agent.id);
  const fresh = useResource<WholeAgentAnswer>(suspended ? null : `/v1/people/agents/${path}`);
  const change = (): void => {
    const said = reason.trim();
    void action
      .run(() => post(`/v1/agents/${path}/${suspended ? 'resume' : 'suspend'}`, said === '' ? {} : { reason: said }))
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
      {suspended ? (
        <p className="quiet">It may ask again. Nothing that ended comes back.</p>
      ) : (
        <div role="status">
          <Consequence ends={fresh.data?.suspending_ends ?? null} failed={fresh.error !== null} />
        </div>
      )}
      <TextField name="Reason" hint="Kept in the history." value={reason} change={setReason} most={500} lines first />
    </FormDialog>
  );
}

interface ConsequenceProps {
  /** `null` while it is counted. */
  readonly ends: SuspensionEndsAnswer | null;
  readonly failed: boolean;
}

function Consequence({ ends, failed }: ConsequenceProps): ReactNode {
  return (
    <>
      <p>
        {ends !== null ? (
          <>
            This ends <strong>{count(ends.live_grants, 'live grant')}</strong> and{' '}
            <strong>{count(ends.pending, 'open ask')}</strong>
            {ends.handed_on === 0 ? null : (
              <>
                , and <strong>{count(ends.handed_on, 'grant')}</strong> that other agents hold under them
              </>
            )}
            .
          </>
        ) : failed ? (
          'This ends everything it holds and everything it asks. How much that is could not be counted.'
        ) : (
          'Counting what this ends…'
        )}
      </p>
      <p className="quiet">At once. It cannot ask until an operator resumes it, and nothing that ended comes back.</p>
    </>
  );
}
