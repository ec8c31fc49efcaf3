import type { ReactNode } from 'react';
import { shortDigest } from '#domain/words/short-words.js';
import type { Context, Escalation } from '../../api/types.js';
import { Link } from '../../router.js';
import { Line } from '../../ui/inert.js';
import { AtTime, When } from '../../ui/moments.js';
import { count, nameAndId, statusWords, stepWords } from '../../words/words.js';

type ChainLink = { readonly iss: string; readonly sub: string };

interface AroundProps {
  readonly ask: Escalation;
  readonly context: Context | null;
}

/** Over the reasons of policy, by what it said: nobody is needed where it decided by itself. */
function whyWords({ status, policy }: Escalation): readonly [heading: string, unexplained: string] {
  if (policy.outcome === 'allow')
    return ['Why policy allowed this', 'The rule allows it without asking anybody and gives no further reason.'];
  if (policy.outcome === 'deny')
    return [
      'Why policy denied this',
      policy.determining.length === 0 ? 'No rule allows it.' : 'The rule gives no further reason.',
    ];
  const asks = 'The rule asks people and gives no further reason.';
  return [status === 'pending' ? 'Why this needs you' : 'Why people were asked', asks];
}

/** Why policy said what it said, by which rule, in which version. */
export function WhyYou({ ask }: { readonly ask: Escalation }): ReactNode {
  const { policy } = ask;
  const [heading, unexplained] = whyWords(ask);
  return (
    <section className="panel" aria-labelledby="why">
      <h2 id="why">{heading}</h2>
      {ask.reasons.length === 0 ? (
        <p>{unexplained}</p>
      ) : (
        ask.reasons.map((reason) => (
          <p key={reason}>
            <Line text={reason} />
          </p>
        ))
      )}
      <p className="quiet small-text">
        {policy.determining.length === 0 ? 'No rule' : policy.determining.length === 1 ? 'Rule ' : 'Rules '}
        {policy.determining.map((id, index) => (
          <span key={id}>
            {index === 0 ? '' : ', '}
            <Line text={id} mono />
          </span>
        ))}{' '}
        · policy version{' '}
        <Link to={`/policies/versions/${policy.version}`}>
          <span className="mono">{shortDigest(policy.version)}</span>
        </Link>
      </p>
    </section>
  );
}

/**
 * What this agent was granted before and what became of the same ask: now, while people decide; afterwards what each of
 * them had before them, as it was kept with their vote.
 */
export function Before({ ask, context }: AroundProps): ReactNode {
  if (context === null) return null;
  const voted = ask.status === 'pending' ? [] : context.votes;
  return (
    <section className="panel" aria-labelledby="before">
      <h2 id="before">Before this</h2>
      {voted.map((vote) => (
        <div className="seen" key={`${vote.person} ${vote.at}`}>
          <h3>
            What <Line text={vote.name} /> saw when {vote.verdict === 'approve' ? 'approving' : 'denying'}
          </h3>
          <Seen vote={vote} />
        </div>
      ))}
      {voted.length > 0 ? null : (
        <>
          {ask.status === 'pending' ? null : (
            <p className="quiet small-text">
              {ask.policy.outcome === 'require_approval'
                ? 'As it was when this ended, '
                : 'As it was when this was asked, '}
              <When at={context.before_at} />
            </p>
          )}
          <Past of={context} />
        </>
      )}
    </section>
  );
}

function Seen({ vote }: { readonly vote: Context['votes'][number] }): ReactNode {
  if (vote.shown === null)
    return (
      <p className={vote.shown_missing === 'entry_missing' ? 'note bad small-text' : 'quiet small-text'}>
        {vote.shown_missing === 'entry_missing'
          ? 'Cannot be told: the entry of this vote in the history is gone or was changed.'
          : 'Not kept: this vote was cast under a version of Writ that did not keep it yet.'}
      </p>
    );
  return (
    <>
      <p className="quiet small-text">
        {vote.via === 'slack' ? 'As the card in Slack was last written, ' : 'As of the vote, '}
        <When at={vote.shown.before_at} exact />
      </p>
      <Past of={vote.shown} />
    </>
  );
}

/** Times as they were, not how long ago that is now. */
function Past({ of }: { readonly of: Pick<Context, 'recent_grants' | 'same_ask'> }): ReactNode {
  const { recent_grants: recent, same_ask: same } = of;
  return (
    <dl className="facts">
      <dt>The same ask</dt>
      <dd>
        {same.approved + same.denied === 0
          ? 'never decided before'
          : `approved ${count(same.approved, 'time')}, denied ${count(same.denied, 'time')}`}
        {same.last === null ? null : (
          <>
            {' '}
            · last {statusWords(same.last.status).toLowerCase()} <When at={same.last.at} />
          </>
        )}
      </dd>
      {same.denials.map((denial) => (
        <div className="pair" key={`${denial.by} ${denial.at}`}>
          <dt>
            Denied by <Line text={denial.name} />
          </dt>
          <dd>
            <Line text={denial.reason} /> · <When at={denial.at} />
          </dd>
        </div>
      ))}
      <dt>Granted in 24 h</dt>
      <dd>
        {recent.length === 0 ? 'nothing' : null}
        {recent.map((grant) => (
          <div key={`${grant.action} ${grant.resource}`}>
            <Line text={grant.action} mono /> on <Line text={grant.resource} /> × {grant.count}
            <span className="quiet">
              , last <When at={grant.last_at} />
            </span>
          </div>
        ))}
      </dd>
    </dl>
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
