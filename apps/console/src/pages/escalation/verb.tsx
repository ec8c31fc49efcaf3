import type { ReactNode } from 'react';
import { durationWords } from '#domain/words/duration-words.js';
import { usesWords } from '#domain/words/short-words.js';
import type { Context, Escalation } from '../../api/types.js';
import { RiskBadge, StatusBadge } from '../../ui/badges.js';
import { Named } from '../../ui/named.js';
import { Line } from '../../ui/inert.js';
import { useHeading, useTab } from '../../ui/page-title.js';
import { actionsOf, isSaid, nameAndId, statusWords, verbLine, whatWords } from '../../words/words.js';

/** How the request stands on the page: whole, or beside the list that it was opened from. */
export interface Place {
  readonly level: 1 | 2;
  /** Before the tab's words. */
  readonly tab: string;
  /** Whether the heading takes the focus. */
  readonly focus: boolean;
}

/** On a page of its own. */
export const WHOLE_PAGE: Place = { level: 1, tab: '', focus: true };

interface VerbProps {
  readonly ask: Escalation;
  readonly context: Context | null;
  readonly place: Place;
}

/** First what is asked, in one sentence; then of what, for how long, how often, whose agent, on whose behalf. */
export function Verb({ ask, context, place }: VerbProps): ReactNode {
  const heading = useHeading(place.focus);
  useTab(`${place.tab}${verbLine(ask)} — ${statusWords(ask.status)}`);
  const { request } = ask;
  const Heading = `h${place.level}` as const;
  return (
    <header className="verb-line">
      <div className="badges">
        <RiskBadge risk={ask.risk} />
        <StatusBadge status={ask.status} />
        {request.break_glass ? <span className="badge high">Break-glass</span> : null}
        {context?.step_up === 'webauthn' ? <span className="badge accent">Passkey needed to approve</span> : null}
        {context?.agent?.status === 'suspended' ? <span className="badge high">Agent suspended</span> : null}
      </div>
      <Heading className="title" tabIndex={-1} ref={heading} id="request">
        <Line text={ask.agent_name} /> {ask.status === 'pending' ? 'wants' : 'asked for'}
        {isSaid(ask) ? (
          <>
            : <Line text={whatWords(ask)} />
          </>
        ) : (
          <Unsaid ask={ask} />
        )}
      </Heading>
      <dl className="parties">
        <Parties ask={ask} />
      </dl>
      <p className="terms">
        for <strong>{durationWords(request.requested_ttl)}</strong> once collected,{' '}
        <strong>{usesWords(request.max_uses)}</strong> · owner <strong>{nameAndId(ask.owner_name, ask.owner)}</strong> ·{' '}
        {behalf(ask)}
      </p>
    </header>
  );
}

function Unsaid({ ask }: { readonly ask: Escalation }): ReactNode {
  return (
    <>
      {actionsOf(ask.request.authorization_details).map((action, index) => (
        <span key={action}>
          {index === 0 ? ' ' : ', '}
          <Line text={action} mono />
        </span>
      ))}{' '}
      on <Line text={ask.resource_name} />
    </>
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

/** Who asks of what, by name with the id beneath: terms and descriptions for a list of them. */
export function Parties({ ask }: { readonly ask: Escalation }): ReactNode {
  return (
    <>
      <dt>Agent</dt>
      <dd>
        <Named name={ask.agent_name} id={ask.agent} />
      </dd>
      <dt>Resource</dt>
      <dd>
        <Named name={ask.resource_name} id={ask.resource} />
      </dd>
    </>
  );
}
