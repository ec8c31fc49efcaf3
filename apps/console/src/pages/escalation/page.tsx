import { useState, type ReactNode } from 'react';
import { useLive, useReloadAt } from '../../api/live.js';
import { useResource } from '../../api/resource.js';
import type { Context, Escalation } from '../../api/types.js';
import { PageTitle } from '../../ui/page-title.js';
import { Empty, Shown } from '../../ui/states.js';
import { useKeys } from '../../ui/keys.js';
import { shortDigest } from '../../words/words.js';
import { BreakGlassReview } from '../break-glass.js';
import { RevokeDialog } from '../grants.js';
import { Before, ClockSteps, DelegationTree, Seals, Timeline, WhyYou } from './around.js';
import { Calls } from './calls.js';
import { ApproveDialog, DenyDialog } from './decide-dialogs.js';
import { LessDialog } from './less-dialog.js';
import { Comments, Votes } from './talk.js';
import { Verb } from './verb.js';
import { Verdict, type Window } from './verdict.js';
import { WordsOfAgent } from './words-of-agent.js';

/** Everything about one request on one screen, in the order in which it should be judged. */
export function EscalationPage({ id }: { readonly id: string }): ReactNode {
  const path = `/v1/escalations/${encodeURIComponent(id)}`;
  const ask = useResource<Escalation>(path);
  const context = useResource<Context>(`${path}/context`);
  const reload = (): void => {
    ask.reload();
    context.reload();
  };
  useReloadAt(endOf(ask.data), ask.reload);
  useLive(ask.reload, id);
  useLive(context.reload, id);
  if (ask.error?.status === 404)
    return (
      <>
        <PageTitle title="No such request" />
        <Empty title="There is no request of this id for you.">It may be mistyped, or it is not yours to see.</Empty>
      </>
    );
  return (
    <Shown of={ask} what="request">
      {(data) => <Request ask={data} context={context.data} reload={reload} />}
    </Shown>
  );
}

/** When time alone changes how it stands. */
function endOf(ask: Escalation | null): string | null {
  if (ask === null) return null;
  if (ask.status === 'pending') return ask.expires_at;
  if (ask.grant?.status === 'ready') return ask.grant.ready_until;
  return ask.grant?.status === 'active' ? ask.grant.expires_at : null;
}

interface RequestProps {
  readonly ask: Escalation;
  readonly context: Context | null;
  readonly reload: () => void;
}

function Request({ ask, context, reload }: RequestProps): ReactNode {
  const [open, setOpen] = useState<Window | null>(null);
  const [told, setTold] = useState('');
  const may = context?.may ?? null;
  const comment = (): void => document.querySelector<HTMLElement>('.comment-form textarea')?.focus();
  useKeys([
    ...(may?.decide === true
      ? [
          { key: 'a', does: 'approve', run: () => setOpen('approve') },
          { key: 'l', does: 'approve for less', run: () => setOpen('less') },
          { key: 'd', does: 'deny', run: () => setOpen('deny') },
        ]
      : []),
    { key: 'c', does: 'comment', run: comment },
  ]);
  return (
    <>
      <Verb ask={ask} context={context} />
      <p className={told === '' ? 'unseen' : 'note'} role="status">
        {told}
      </p>
      <div className="escalation">
        <div>
          <Judged ask={ask} context={context} reload={reload} />
        </div>
        <div className="aside">
          <Verdict ask={ask} context={context} may={may} open={setOpen} comment={comment} reload={reload} />
          <ClockSteps ask={ask} context={context} />
        </div>
      </div>
      <Windows ask={ask} context={context} open={open} close={() => setOpen(null)} reload={reload} tell={setTold} />
    </>
  );
}

function Judged({ ask, context, reload }: RequestProps): ReactNode {
  const folded = context?.folded ?? [];
  return (
    <>
      {folded.length === 0 ? null : (
        <p className="note warn">
          The agent asked exactly this {folded.length + 1} times. One decision covers one ask.
        </p>
      )}
      {context?.break_glass === null || context?.break_glass === undefined ? null : (
        <BreakGlassReview id={ask.id} mark={context.break_glass} reload={reload} />
      )}
      <WhyYou ask={ask} />
      <section className="panel" aria-labelledby="exact">
        <h2 id="exact">
          Exactly this <span className="quiet mono">{shortDigest(ask.digest)}</span>
        </h2>
        <Calls details={ask.request.authorization_details} />
      </section>
      <Before context={context} />
      <Votes ask={ask} context={context} />
      <DelegationTree ask={ask} context={context} />
      <Comments ask={ask} context={context} reload={reload} />
      <Timeline context={context} />
      <Seals ask={ask} />
      <WordsOfAgent ask={ask} />
    </>
  );
}

interface WindowsProps extends RequestProps {
  readonly open: Window | null;
  readonly close: () => void;
  readonly tell: (text: string) => void;
}

function Windows({ ask, context, open, close, reload, tell }: WindowsProps): ReactNode {
  const decide = {
    ask,
    stepUp: context?.step_up === 'webauthn',
    close,
    done: (outcome: 'recorded' | 'settled', verdict: 'approve' | 'deny') => {
      const word = verdict === 'approve' ? 'Approved' : 'Denied';
      tell(outcome === 'settled' ? `${word}.` : 'Your approval is recorded. Others still have to decide.');
      reload();
    },
  };
  if (open === 'approve') return <ApproveDialog {...decide} />;
  if (open === 'less') return <LessDialog {...decide} />;
  if (open === 'deny') return <DenyDialog {...decide} />;
  if (open === 'revoke') return <RevokeDialog ask={ask} close={close} done={reload} />;
  return null;
}
