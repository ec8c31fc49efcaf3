import { useState, type ReactNode } from 'react';
import { post } from '../../api/client.js';
import { decide, type Decision } from '../../api/decide.js';
import type { Escalation } from '../../api/types.js';
import { Link } from '../../router.js';
import { useAction } from '../../ui/action.js';
import { FormDialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/fields.js';
import { Line } from '../../ui/inert.js';
import { actionsOf, durationWords, shortDigest, usesWords } from '../../words/words.js';

export interface DecideProps {
  readonly ask: Escalation;
  /** A passkey has to sign an approval. */
  readonly stepUp: boolean;
  readonly close: () => void;
  /** After the broker took it; `settled` when this vote was the last. */
  readonly done: (outcome: 'recorded' | 'settled', verdict: Decision['verdict']) => void;
}

/** One decision on its way: busy, refused or through. */
export function useDecision({ ask, stepUp, close, done }: DecideProps) {
  const action = useAction();
  const send = (decision: Decision): void =>
    void action.run(async () => {
      const { vote } = await decide(ask, decision, stepUp);
      close();
      done(vote, decision.verdict);
    });
  return { ...action, send };
}

/** Repeats what is about to be allowed, whole enough to catch a wrong window or a wrong tab. */
export function ApproveDialog(props: DecideProps): ReactNode {
  const { ask, stepUp, close } = props;
  const { request } = ask;
  const { busy, problem, send } = useDecision(props);
  return (
    <FormDialog
      title="Approve this?"
      verb={stepUp ? 'Approve with passkey' : 'Approve'}
      close={close}
      submit={() => send({ verdict: 'approve' })}
      busy={busy}
      problem={problem}
      confirmFirst
    >
      <dl className="facts">
        <dt>Agent</dt>
        <dd>
          <Line text={ask.agent} />
        </dd>
        <dt>Action</dt>
        <dd>
          {actionsOf(request.authorization_details).map((action) => (
            <div key={action}>
              <Line text={action} mono />
            </div>
          ))}
        </dd>
        <dt>Resource</dt>
        <dd>
          <Line text={ask.resource} />
        </dd>
        <dt>For</dt>
        <dd>
          {durationWords(request.requested_ttl)} once collected · {usesWords(request.max_uses)}
        </dd>
        <dt>Code</dt>
        <dd className="mono">{shortDigest(ask.digest)}</dd>
      </dl>
      {stepUp ? <PasskeyNote /> : null}
    </FormDialog>
  );
}

/** What the authenticator will ask, and what to do without one. */
export function PasskeyNote(): ReactNode {
  return (
    <p className="note small-text">
      Policy wants a passkey here: it signs exactly this decision. If you have none yet, add one under{' '}
      <Link to="/account">Account</Link>.
    </p>
  );
}

/** Denies with a reason that the agent reads; against a flood, everything of this agent in one go. */
export function DenyDialog(props: DecideProps): ReactNode {
  const { ask, close, done } = props;
  const [reason, setReason] = useState('');
  const [everything, setEverything] = useState(false);
  const { busy, problem, send, run } = useDecision(props);
  const denyAll = (): void =>
    void run(async () => {
      await post(`/v1/agents/${encodeURIComponent(ask.agent)}/deny-pending`, { reason: reason.trim() });
      close();
      done('settled', 'deny');
    });
  return (
    <FormDialog
      title="Deny this?"
      verb={everything ? 'Deny all' : 'Deny'}
      danger
      close={close}
      submit={() => (everything ? denyAll() : send({ verdict: 'deny', reason: reason.trim() }))}
      busy={busy}
      problem={problem}
    >
      <p className="quiet">One denial ends the request for everybody.</p>
      <TextField
        name="Reason"
        hint="The agent reads it and may ask again in another way."
        value={reason}
        change={setReason}
        most={500}
        needed
        lines
        first
      />
      <label className="check">
        <input type="checkbox" checked={everything} onChange={(event) => setEverything(event.target.checked)} />
        <span>
          Everything that <Line text={ask.agent} /> asks and I may decide, with this reason
        </span>
      </label>
    </FormDialog>
  );
}
