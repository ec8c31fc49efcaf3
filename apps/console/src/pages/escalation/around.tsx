import type { ReactNode } from 'react';
import type { Context, Escalation } from '../../api/types.js';
import { Line } from '../../ui/inert.js';
import { Ago, AtTime, When } from '../../ui/moments.js';
import { count, nameAndId, shortDigest, statusWords, stepWords } from '../../words/words.js';

type ChainLink = { readonly iss: string; readonly sub: string };

interface AroundProps {
  readonly ask: Escalation;
  readonly context: Context | null;
}

/** Why policy asks people, by which rule, in which version. */
export function WhyYou({ ask }: { readonly ask: Escalation }): ReactNode {
  const { policy } = ask;
  return (
    <section className="panel" aria-labelledby="why">
      <h2 id="why">Why this needs {ask.status === 'pending' ? 'you' : 'people'}</h2>
      {ask.reasons.length === 0 ? (
        <p>The rule asks people and gives no further reason.</p>
      ) : (
        ask.reasons.map((reason) => (
          <p key={reason}>
            <Line text={reason} />
          </p>
        ))
      )}
      <p className="quiet small-text">
        {policy.determining.length === 1 ? 'Rule' : 'Rules'}{' '}
        {policy.determining.map((id, index) => (
          <span key={id}>
            {index === 0 ? '' : ', '}
            <Line text={id} mono />
          </span>
        ))}{' '}
        · policy version <span className="mono">{shortDigest(policy.version)}</span>
      </p>
    </section>
  );
}

/** What this agent was granted lately, and what became of the same ask. */
export function Before({ context }: { readonly context: Context | null }): ReactNode {
  if (context === null) return null;
  const recent = context.recent_grants ?? [];
  const same = context.same_ask;
  return (
    <section className="panel" aria-labelledby="before">
      <h2 id="before">Before this</h2>
      <dl className="facts">
        <dt>The same ask</dt>
        <dd>
          {same === undefined || same.approved + same.denied === 0
            ? 'never decided before'
            : `approved ${count(same.approved, 'time')}, denied ${count(same.denied, 'time')}`}
          {same?.last === null || same?.last === undefined ? null : (
            <>
              {' '}
              · last {statusWords(same.last.status).toLowerCase()} <Ago at={same.last.at} />
            </>
          )}
        </dd>
        {(same?.denials ?? []).map((denial) => (
          <div className="pair" key={`${denial.by} ${denial.at}`}>
            <dt>
              Denied by <Line text={denial.name} />
            </dt>
            <dd>
              <Line text={denial.reason} /> · <Ago at={denial.at} />
            </dd>
          </div>
        ))}
        <dt>Granted in 24 h</dt>
        <dd>
          {recent.length === 0 ? 'nothing' : null}
          {recent.map((grant) => (
            <div key={`${grant.action} ${grant.resource}`}>
              <Line text={grant.action} mono /> on <Line text={grant.resource} /> × {grant.count}
              {grant.last_at === null ? null : (
                <span className="quiet">
                  , last <Ago at={grant.last_at} />
                </span>
              )}
            </div>
          ))}
        </dd>
      </dl>
    </section>
  );
}

/** Who stands behind the agent, the nearest first: everyone here is kept out of the decision. */
export function DelegationTree({ ask, context }: AroundProps): ReactNode {
  const chain = (context?.chain ?? ask.request.chain) as unknown as readonly ChainLink[];
  return (
    <section className="panel tree" aria-labelledby="tree">
      <h2 id="tree">Who stands behind it</h2>
      <ol>
        <li>
          <strong>{nameAndId(context?.agent?.name, ask.agent)}</strong> asks
        </li>
        {chain.map(({ iss, sub }, index) => (
          <li key={`${iss} ${sub}`}>
            on behalf of <Line text={sub} /> <span className="quiet">(known to {<Line text={iss} />})</span>
            {index === 0 && ask.parent !== null ? (
              <>
                , under grant <Line text={ask.parent} mono />
              </>
            ) : null}
          </li>
        ))}
        <li>
          <strong>{nameAndId(ask.owner_name, ask.owner)}</strong> owns the agent and answers for it
        </li>
      </ol>
    </section>
  );
}

/** What happens when, while nobody decides. */
export function ClockSteps({ ask, context }: AroundProps): ReactNode {
  const clock = context?.clock;
  if (clock === undefined || ask.status !== 'pending') return null;
  const steps = clock.steps ?? [];
  const next = steps.find(({ done, at }) => !done && Date.parse(at) > Date.now());
  return (
    <section className="panel" aria-labelledby="clock">
      <h2 id="clock">The clock</h2>
      <ol className="steps">
        <li className="done">
          <AtTime at={clock.asked_at} /> <span>Asked</span>
        </li>
        {steps.map((step) => (
          <li key={`${step.at} ${step.step} ${step.group ?? ''}`} className={step.done ? 'done' : undefined}>
            <AtTime at={step.at} />
            <span>
              {stepWords(step.step, step.group)}
              {step === next ? <strong> · next</strong> : null}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Everything that happened, oldest first. */
export function Timeline({ context }: { readonly context: Context | null }): ReactNode {
  const lines = context?.timeline ?? [];
  if (lines.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="timeline">
      <h2 id="timeline">What happened</h2>
      <ol className="timeline">
        {lines.map((line, index) => (
          <li key={`${line.at} ${index}`}>
            <AtTime at={line.at} />
            <Line text={line.text} />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The digests, for whoever compares them with another channel or a token. */
export function Seals({ ask }: { readonly ask: Escalation }): ReactNode {
  return (
    <details className="panel">
      <summary>Ids and digests</summary>
      <dl className="facts">
        <dt>Escalation</dt>
        <dd className="mono">{ask.id}</dd>
        <dt>Digest of the request</dt>
        <dd className="mono">{ask.digest}</dd>
        <dt>Digest of the grant</dt>
        <dd className="mono">{ask.grant_digest ?? '–'}</dd>
        <dt>Policy version</dt>
        <dd className="mono">{ask.policy.version}</dd>
        <dt>Asked</dt>
        <dd>
          <When at={ask.created_at} />
        </dd>
      </dl>
    </details>
  );
}
