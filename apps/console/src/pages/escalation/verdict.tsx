import { type ReactNode } from 'react';
import { durationWords } from '#domain/words/duration-words.js';
import { shortDigest, usesWords } from '#domain/words/short-words.js';
import { post } from '../../api/client.js';
import type { Loaded } from '../../api/resource.js';
import type { Context, Escalation, May } from '../../api/types.js';
import { useAction } from '../../ui/action.js';
import { StatusBadge } from '../../ui/badges.js';
import { AtTime, TimeLeft } from '../../ui/moments.js';
import { Line } from '../../ui/inert.js';
import { Failed, Loading } from '../../ui/states.js';
import { stepWords, whyNotWords } from '../../words/words.js';
import { Gates } from './gates.js';

export type Window = 'approve' | 'less' | 'deny' | 'revoke';

interface VerdictProps {
  readonly ask: Escalation;
  readonly context: Loaded<Context>;
  /** `null` until the broker has said. */
  readonly may: May | null;
  readonly open: (window: Window) => void;
  readonly comment: () => void;
  readonly reload: () => void;
}

/** Beside the request: how long there is, and what this person may do. */
export function Verdict({ ask, context: around, may, open, comment, reload }: VerdictProps): ReactNode {
  const { data: context, error } = around;
  const pending = ask.status === 'pending';
  return (
    <section className={`panel verdict ${may?.decide === true ? 'deciding' : ''}`} aria-labelledby="verdict">
      <h2 id="verdict">{pending ? 'Your decision' : 'How it stands'}</h2>
      {pending ? (
        <p className="clock">
          <TimeLeft until={ask.expires_at} of={ask.approval?.window_seconds ?? null} />{' '}
          <span className="quiet small-text">to decide; the grant’s own clock starts when it is collected</span>
        </p>
      ) : (
        <Outcome ask={ask} context={context} />
      )}
      {pending ? <Gates ask={ask} /> : null}
      {pending && context !== null ? <Next context={context} /> : null}
      {context?.on_card === true ? (
        <p className="small-text quiet after">
          Code <span className="mono">{shortDigest(ask.digest)}</span>, the same as on the card in Slack
        </p>
      ) : null}
      {error === null ? null : <Failed problem={error} retry={around.reload} />}
      {context === null && error === null ? <Loading what="what you may do" /> : null}
      {may?.decide === true ? (
        <Buttons open={open} comment={comment} passkey={context?.step_up === 'webauthn'} />
      ) : pending && may !== null ? (
        <p className="note small-text after">{whyNotWords(may.why_not)}</p>
      ) : null}
      {may?.nudge === true && pending ? <Nudge ask={ask} reload={reload} /> : null}
      {may?.revoke === true ? (
        <div className="buttons">
          <button type="button" className="button danger" onClick={() => open('revoke')}>
            Revoke now
          </button>
        </div>
      ) : null}
    </section>
  );
}

/** What the clock does next if nobody decides. */
function Next({ context }: { readonly context: Context }): ReactNode {
  const next = context.clock.steps.find(({ done, at }) => !done && Date.parse(at) > Date.now());
  if (next === undefined) return null;
  return (
    <p className="small-text">
      <span className="quiet">Next:</span> {stepWords(next.step, next.group)}, <AtTime at={next.at} />
    </p>
  );
}

interface ButtonsProps {
  readonly open: (window: Window) => void;
  readonly comment: () => void;
  readonly passkey: boolean;
}

function Buttons({ open, comment, passkey }: ButtonsProps): ReactNode {
  return (
    <div className="buttons">
      <button type="button" className="button main" onClick={() => open('approve')}>
        {passkey ? 'Approve with passkey' : 'Approve'} <kbd aria-hidden="true">a</kbd>
      </button>
      <button type="button" className="button" onClick={() => open('less')}>
        Approve for less <kbd aria-hidden="true">l</kbd>
      </button>
      <button type="button" className="button danger" onClick={() => open('deny')}>
        Deny <kbd aria-hidden="true">d</kbd>
      </button>
      <button type="button" className="button" onClick={comment}>
        Ask or comment <kbd aria-hidden="true">c</kbd>
      </button>
    </div>
  );
}

function Outcome({ ask, context }: { readonly ask: Escalation; readonly context: Context | null }): ReactNode {
  const { grant, granted, denial } = ask;
  const cancelled = context?.timeline.filter(({ type }) => type === 'escalation.cancelled').at(-1);
  return (
    <div className="stack">
      <p>
        <StatusBadge status={ask.status} /> {grant === null ? null : <StatusBadge status={grant.status} />}
      </p>
      {granted === null ? null : (
        <p>
          Granted: {durationWords(granted.ttl)} · {usesWords(granted.max_uses)}
          {granted.cuts.map((cut) => (
            <span key={cut.field} className="quiet small-text cut">
              {cutWords(cut.field)} cut: asked {valueWords(cut.asked)}, granted {valueWords(cut.granted)}
            </span>
          ))}
        </p>
      )}
      {grant?.status === 'active' && grant.expires_at !== null ? (
        <p className="clock">
          <TimeLeft until={grant.expires_at} />
        </p>
      ) : null}
      {grant?.status === 'ready' ? <p className="quiet">The clock starts when the agent collects it.</p> : null}
      {denial === null ? null : <p>{denial.reason}</p>}
      {ask.status !== 'cancelled' || cancelled === undefined ? null : (
        <p className="quiet">
          <Line text={cancelled.text} />
        </p>
      )}
    </div>
  );
}

function cutWords(field: string): string {
  return { ttl: 'Time', max_uses: 'Uses', authorization_details: 'Calls' }[field] ?? field;
}

function valueWords(value: unknown): string {
  if (value === null) return 'unlimited';
  return Array.isArray(value) ? String(value.length) : JSON.stringify(value);
}

function Nudge({ ask, reload }: { readonly ask: Escalation; readonly reload: () => void }): ReactNode {
  const action = useAction();
  const nudge = (): void =>
    void action
      .run(() => post(`/v1/escalations/${encodeURIComponent(ask.id)}/nudge`))
      .then((went) => {
        if (went) reload();
      });
  return (
    <div className="stack">
      <button type="button" className="button" onClick={nudge} disabled={action.busy}>
        Remind those asked, once
      </button>
      {action.problem === null ? null : <Failed problem={action.problem} />}
    </div>
  );
}
