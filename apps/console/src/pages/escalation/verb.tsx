import type { ReactNode } from 'react';
import type { Context, Escalation } from '../../api/types.js';
import { RiskBadge, StatusBadge } from '../../ui/badges.js';
import { Line } from '../../ui/inert.js';
import { useHeading, useTab } from '../../ui/page-title.js';
import { actionsOf, durationWords, nameAndId, statusWords, usesWords, verbLine } from '../../words/words.js';

interface VerbProps {
  readonly ask: Escalation;
  readonly context: Context | null;
}

/** First what is asked, in one sentence; then for how long, how often, whose agent, on whose behalf. */
export function Verb({ ask, context }: VerbProps): ReactNode {
  const heading = useHeading();
  const name = context?.agent?.name;
  useTab(`${verbLine(ask, name)} — ${statusWords(ask.status)}`);
  const { request } = ask;
  return (
    <header className="verb-line">
      <div className="badges">
        <RiskBadge risk={ask.risk} />
        <StatusBadge status={ask.status} />
        {request.break_glass ? <span className="badge high">Break-glass</span> : null}
        {context?.step_up === 'webauthn' ? <span className="badge accent">Passkey needed to approve</span> : null}
        {context?.agent?.status === 'suspended' ? <span className="badge high">Agent suspended</span> : null}
      </div>
      <h1 tabIndex={-1} ref={heading}>
        {nameAndId(name, ask.agent)} {ask.status === 'pending' ? 'wants' : 'asked for'}{' '}
        {actionsOf(request.authorization_details).map((action, index) => (
          <span key={action}>
            {index === 0 ? '' : ', '}
            <Line text={action} mono />
          </span>
        ))}{' '}
        on <Line text={ask.resource} />
      </h1>
      <p className="terms">
        for <strong>{durationWords(request.requested_ttl)}</strong> once collected,{' '}
        <strong>{usesWords(request.max_uses)}</strong> · owner <strong>{nameAndId(ask.owner_name, ask.owner)}</strong> ·{' '}
        {behalf(ask)}
      </p>
    </header>
  );
}

function behalf(ask: Escalation): ReactNode {
  const nearest = ask.request.chain[0] as { sub?: unknown } | undefined;
  if (nearest === undefined) return 'on its own behalf';
  return (
    <>
      on behalf of <strong>{typeof nearest.sub === 'string' ? <Line text={nearest.sub} /> : 'somebody unnamed'}</strong>
    </>
  );
}
