import { useState, type ReactNode } from 'react';
import { identicalLine } from '#domain/approval/identical.js';
import { shortDigest } from '#domain/words/short-words.js';
import { useLive, useReloadAt } from '../../api/live.js';
import { useResource, type Loaded } from '../../api/resource.js';
import type { Context, Escalation, May } from '../../api/types.js';
import { go } from '../../router.js';
import { usePerson } from '../../session.js';
import { PageTitle } from '../../ui/page-title.js';
import { Empty, Shown } from '../../ui/states.js';
import { useKeys } from '../../ui/keys.js';
import { statusWords, whyNotWords } from '../../words/words.js';
import { BreakGlassReview } from '../break-glass.js';
import { RevokeDialog } from '../grants.js';
import { Before, ClockSteps, DelegationTree, Seals, Timeline, WhyYou } from './around.js';
import { Calls } from './calls.js';
import { ApproveDialog, DenyDialog, type Outcome } from './decide-dialogs.js';
import { LessDialog } from './less-dialog.js';
import { livesOf, mayNow } from './may.js';
import { Comments, Votes } from './talk.js';
import { Verb, WHOLE_PAGE, type Place } from './verb.js';
import { Verdict, type Window } from './verdict.js';
import { WordsOfAgent } from './words-of-agent.js';

/** The list that a request was opened from. */
export interface Beside {
  readonly place: Place;
  /** The request as the list has it, until it is read itself. */
  readonly listed: Escalation | null;
  /** Takes over what is said of a decision, and what comes next. */
  readonly decided: (ask: Escalation, told: Told, wasAll: boolean) => void;
}

interface EscalationPageProps {
  readonly id: string;
  /** Absent: on a page of its own. */
  readonly beside?: Beside;
}

/** Everything about one request on one screen, in the order in which it should be judged. */
export function EscalationPage({ id, beside }: EscalationPageProps): ReactNode {
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
        {beside?.place.level === 2 ? <h2>No such request</h2> : <PageTitle title="No such request" />}
        <Empty title="There is no request of this id for you.">It may be mistyped, or it is not yours to see.</Empty>
      </>
    );
  const shown = { ...ask, data: ask.data ?? beside?.listed ?? null };
  return (
    <Shown of={shown} what="request">
      {(data) => <Request ask={data} around={context} reload={reload} put={ask.put} beside={beside ?? null} />}
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

interface AroundProps {
  readonly ask: Escalation;
  readonly reload: () => void;
}

/** What is said after a decision. */
export interface Told {
  readonly text: string;
  readonly warning: string | null;
}

interface PageProps extends AroundProps {
  readonly around: Loaded<Context>;
  readonly put: (ask: Escalation) => void;
  readonly beside: Beside | null;
}

function Request({ ask, around, reload, put, beside }: PageProps): ReactNode {
  const [open, setOpen] = useState<Window | null>(null);
  const [told, tell] = useState<Told>({ text: '', warning: null });
  const { person } = usePerson();
  const context = around.data;
  const may = mayNow(ask, context, person);
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
    // Beside the list it is the list that knows what is behind it.
    ...(beside === null ? [{ key: 'Escape', does: 'inbox', run: () => go('/'), fromFields: true }] : []),
  ]);
  return (
    <>
      <Verb ask={ask} context={context} place={beside?.place ?? WHOLE_PAGE} />
      <Said text={told.text} />
      <Said text={told.warning ?? ''} warn />
      <div className="escalation">
        <div>
          <Judged ask={ask} context={context} reload={reload} />
        </div>
        <div className="aside">
          <Verdict ask={ask} context={around} may={may} open={setOpen} comment={comment} reload={reload} />
          <ClockSteps ask={ask} context={context} />
        </div>
      </div>
      <Windows {...{ ask, context, may, open, reload, put, tell, beside }} close={() => setOpen(null)} />
    </>
  );
}

/** Always there, so that a reader of the screen hears what comes into it. */
function Said({ text, warn = false }: { readonly text: string; readonly warn?: boolean }): ReactNode {
  return (
    <p className={text === '' ? 'unseen' : `note ${warn ? 'warn' : ''}`} role="status">
      {text}
    </p>
  );
}

interface RequestProps extends AroundProps {
  readonly context: Context | null;
}

function Judged({ ask, context, reload }: RequestProps): ReactNode {
  const identical = identicalLine(foldedOf(ask, context));
  return (
    <>
      {identical === null ? null : <p className="note warn">{identical}</p>}
      {context?.break_glass === null || context?.break_glass === undefined ? null : (
        <BreakGlassReview id={ask.id} mark={context.break_glass} reload={reload} />
      )}
      <section className="panel" aria-labelledby="exact">
        <h2 id="exact">
          Exactly this <span className="quiet mono">{shortDigest(ask.digest)}</span>
        </h2>
        <Calls calls={ask.calls} />
      </section>
      <WhyYou ask={ask} />
      <Before ask={ask} context={context} />
      <Votes ask={ask} context={context} />
      <DelegationTree ask={ask} context={context} />
      <Comments ask={ask} context={context} reload={reload} />
      <Timeline context={context} />
      <Seals ask={ask} />
      <WordsOfAgent ask={ask} />
    </>
  );
}

/** How many stand behind it: a decision reaches them only while it is open itself. */
function foldedOf(ask: Escalation, context: Context | null): number {
  return ask.status === 'pending' ? (context?.folded.length ?? 0) : 0;
}

interface WindowsProps extends RequestProps {
  readonly may: May | null;
  readonly open: Window | null;
  readonly close: () => void;
  readonly put: (ask: Escalation) => void;
  readonly tell: (told: Told) => void;
  readonly beside: Beside | null;
}

function Windows({ ask, context, may, open, close, reload, put, tell, beside }: WindowsProps): ReactNode {
  const decide = {
    ask,
    stepUp: context?.step_up === 'webauthn',
    folded: foldedOf(ask, context),
    over: may?.decide === false ? overWords(ask, may) : null,
    close,
    done: (outcome: Outcome) => {
      const told = { text: outcomeWords(outcome), warning: outcome.warning };
      if (beside !== null) return beside.decided(ask, told, outcome.escalation === null);
      tell(told);
      if (outcome.escalation !== null) put(outcome.escalation);
      reload();
    },
  };
  const revoked = (): void => {
    tell({ text: 'Revoked.', warning: null });
    reload();
  };
  if (open === 'approve') return <ApproveDialog {...decide} />;
  if (open === 'less') return <LessDialog {...decide} />;
  if (open === 'deny') return <DenyDialog {...decide} />;
  if (open === 'revoke') return <RevokeDialog ask={ask} over={endedWords(ask)} close={close} done={revoked} />;
  return null;
}

function overWords(ask: Escalation, may: May): string {
  if (ask.status === 'pending') return whyNotWords(may.why_not);
  return `This request was settled meanwhile: ${statusWords(ask.status)}. What you chose here was not sent.`;
}

function endedWords(ask: Escalation): string | null {
  return livesOf(ask) ? null : `This grant has ended meanwhile: ${statusWords(ask.grant?.status ?? ask.status)}.`;
}

function outcomeWords({ verdict, vote, denied = 1 }: Outcome): string {
  if (vote === 'recorded') return 'Your approval is recorded. Others still have to decide.';
  if (verdict === 'approve') return 'Approved.';
  if (denied === 0) return 'Nothing was left to deny.';
  return denied === 1 ? 'Denied.' : `Denied ${denied} requests.`;
}
