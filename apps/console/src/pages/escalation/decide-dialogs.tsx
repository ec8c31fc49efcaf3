import { useState, type ReactNode } from 'react';
import { identicalLine } from '#domain/approval/identical.js';
import { durationWords } from '#domain/words/duration-words.js';
import { shortDigest, usesWords } from '#domain/words/short-words.js';
import { post } from '../../api/client.js';
import type { DeniedAnswer } from '#contracts/decide/deny-pending.dto.js';
import { decide, type Decision } from '../../api/decide.js';
import type { Escalation } from '../../api/types.js';
import { Link } from '../../router.js';
import { useRole } from '../../session.js';
import { useAction } from '../../ui/action.js';
import { FormDialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/fields.js';
import { Named } from '../../ui/named.js';
import { Calls } from './calls.js';
import { Parties } from './verb.js';

/** What a decision did. */
export interface Outcome {
  readonly verdict: Decision['verdict'];
  /** `settled` when this vote was the last. */
  readonly vote: 'recorded' | 'settled';
  /** How many requests it denied, where the broker says so. */
  readonly denied?: number | undefined;
  /** The request as it stands after it, where the broker says so. */
  readonly escalation: Escalation | null;
  /** A word to somebody who approves very fast. */
  readonly warning: string | null;
}

export interface DecideProps {
  readonly ask: Escalation;
  /** A passkey has to sign an approval. */
  readonly stepUp: boolean;
  /** How many identical requests stand behind it. */
  readonly folded: number;
  /** Why there is nothing left to decide, once there is not. */
  readonly over: string | null;
  readonly close: () => void;
  /** After the broker took it. */
  readonly done: (outcome: Outcome) => void;
}

/** One decision on its way: busy, refused or through. */
export function useDecision({ ask, stepUp, close, done }: Pick<DecideProps, 'ask' | 'stepUp' | 'close' | 'done'>) {
  const action = useAction();
  const send = (decision: Decision): void =>
    void action.run(async () => {
      const { vote, denied, warning, escalation } = await decide(ask, decision, stepUp);
      close();
      done({ verdict: decision.verdict, vote, denied, warning, escalation });
    });
  return { ...action, send };
}

/** Repeats what is about to be allowed, whole enough to catch a wrong window or a wrong tab. */
export function ApproveDialog(props: DecideProps): ReactNode {
  const { ask, stepUp, over, close } = props;
  const { busy, problem, send } = useDecision(props);
  return (
    <FormDialog
      title="Approve this?"
      verb={stepUp ? 'Approve with passkey' : 'Approve'}
      close={close}
      submit={() => send({ verdict: 'approve' })}
      busy={busy}
      problem={problem}
      over={over}
      confirmFirst
    >
      <Calls calls={ask.calls} />
      <Terms ask={ask} />
      {stepUp ? <PasskeyNote /> : null}
    </FormDialog>
  );
}

/** Who asks, of what, for how long; the code that stands on the card in Slack too. */
function Terms({ ask }: { readonly ask: Escalation }): ReactNode {
  const { request } = ask;
  return (
    <dl className="facts">
      <Parties ask={ask} />
      <dt>For</dt>
      <dd>
        {durationWords(request.requested_ttl)} once collected · {usesWords(request.max_uses)}
      </dd>
      <dt>Code</dt>
      <dd className="mono">{shortDigest(ask.digest)}</dd>
    </dl>
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
  const { ask, folded, over, close, done } = props;
  const [reason, setReason] = useState('');
  const [everything, setEverything] = useState(false);
  const operator = useRole('operator');
  const { busy, problem, send, run } = useDecision(props);
  const denyAll = (): void =>
    void run(async () => {
      const path = `/v1/agents/${encodeURIComponent(ask.agent)}/deny-pending`;
      const { denied } = await post<DeniedAnswer>(path, { reason: reason.trim() });
      close();
      done({ verdict: 'deny', vote: 'settled', denied, warning: null, escalation: null });
    });
  const identical = identicalLine(folded);
  return (
    <FormDialog
      title="Deny this?"
      verb={everything ? 'Deny all' : folded > 0 ? `Deny ${folded + 1} requests` : 'Deny'}
      danger
      close={close}
      submit={() => (everything ? denyAll() : send({ verdict: 'deny', reason: reason.trim() }))}
      busy={busy}
      problem={problem}
      over={everything ? null : over}
    >
      <Calls calls={ask.calls} />
      <p className="quiet">
        <Named name={ask.agent_name} id={ask.agent} beneath={false} /> on{' '}
        <Named name={ask.resource_name} id={ask.resource} beneath={false} />. One denial ends the request for everybody.
      </p>
      {identical === null ? null : <p className="note warn small-text">{identical}</p>}
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
          Everything that <Named name={ask.agent_name} id={ask.agent} beneath={false} /> asks
          {operator ? '' : ' and I may decide'}, with this reason
        </span>
      </label>
    </FormDialog>
  );
}
