import { Injectable, Optional } from '@nestjs/common';
import { refuse, type Refusal } from '#domain/refusal.js';
import { LATE, within } from '#domain/within.js';
import type { FormAnswer, FormHandlers } from '#slack/receive/bolt-app.js';
import type { LimitsSubmission, SlackSubmission } from '#slack/receive/clicks.js';
import { limitsFrom, type FormFaults } from '#slack/views/limits-form.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import { ClickAdmission, type Admitted, type NotAdmitted } from './click-admission.js';
import { CardRequests, type Open } from './card-requests.js';
import { sentenceOf, SlackAnswers, type Asker } from './slack-answers.js';
import { isUntold, SlackBallot, type Vote } from './slack-ballot.js';

/** Slack keeps a form open for an answer within three seconds, and what was typed with it. */
const FORM_WAITS_MS = 2_500;
const NOT_NOW = refuse('unavailable', 'The form could not be judged.');

/** A form of a card as it came back. */
interface SubmittedForm {
  readonly submission: Omit<SlackSubmission, 'reason'>;
  readonly verdict: Vote['verdict'];
  /** The block under which a refusal stands that is about no single input. */
  readonly block: string;
  /** Reads the inputs against the request in the store. */
  readonly read: (open: Open) => Vote | { readonly faults: FormFaults };
  readonly answer: FormAnswer;
}

interface Failure {
  readonly error: unknown;
}

/** What speaks against a form. `who`: as far as the judging came to know them; `failure`: what it failed by, where it did. */
interface Refused {
  readonly refusal: SlackRefusal | Refusal;
  readonly who: Admitted | NotAdmitted | null;
  readonly failure?: Failure | null;
}

/** A part of the judging that came to no end in time, or failed. */
class Missed {
  constructor(readonly failure: Failure | null = null) {}
}

type Judged = { readonly vote: Vote; readonly admitted: Admitted } | { readonly faults: FormFaults } | Refused;

/**
 * What both forms of a card do when they come back. Everything that speaks against the vote is found before Slack is
 * answered, so that the form stays open with what was typed; whoever is refused is told in the channel too. Then the
 * vote is cast, and what refuses it there is said in the channel alone.
 */
@Injectable()
export class SlackForms implements FormHandlers {
  constructor(
    private readonly admission: ClickAdmission,
    private readonly requests: CardRequests,
    private readonly ballot: SlackBallot,
    private readonly answers: SlackAnswers,
    @Optional() private readonly waitsMs: number = FORM_WAITS_MS,
  ) {}

  /** A denial with its reason: everything is judged afresh, whoever opened the form and whatever it showed. */
  submitDeny(submission: SlackSubmission, answer: FormAnswer): Promise<void> {
    const vote: Vote = { verdict: 'deny', reason: submission.reason, limits: null };
    return this.submit({ submission, verdict: 'deny', block: 'reason', read: () => vote, answer });
  }

  /** An approval for less, judged against the stored request alone. What is wrong with it is said in the form. */
  submitLimits(submission: LimitsSubmission, answer: FormAnswer): Promise<void> {
    const { form } = submission;
    const read: SubmittedForm['read'] = ({ story }) => {
      const limits = limitsFrom(form, story.escalation.request);
      return 'faults' in limits ? limits : { verdict: 'approve', reason: form.note, limits: limits.limits };
    };
    return this.submit({ submission, verdict: 'approve', block: 'ttl', read, answer });
  }

  /** Judges the form in time, answers it, and casts the vote when nothing speaks against it. */
  private async submit(form: SubmittedForm): Promise<void> {
    const judged = await this.judge(form);
    if ('vote' in judged) return this.cast(form, judged.admitted, judged.vote);
    if ('faults' in judged) return form.answer(judged.faults);
    const { refusal, failure = null } = judged;
    await form.answer({ [form.block]: sentenceOf(refusal) });
    await this.turnAway(form, judged);
    if (failure !== null) throw failure.error;
  }

  private async judge({ submission, verdict, read }: SubmittedForm): Promise<Judged> {
    const until = performance.now() + this.waitsMs;
    const inTime = <T>(work: Promise<T>): Promise<T | Missed> =>
      within(until - performance.now(), work).then(
        (done) => (done === LATE ? new Missed() : done),
        (error: unknown) => new Missed({ error }),
      );
    // Nothing is counted later that was said not to count: behind a part that is missed nothing more is done.
    const who = await inTime(this.admission.submission(submission));
    if (who instanceof Missed) return { refusal: NOT_NOW, who: null, failure: who.failure };
    if ('refusal' in who) return { refusal: who.refusal, who };
    const vote = await inTime(this.read(who, verdict, read));
    if (vote instanceof Missed) return { refusal: NOT_NOW, who, failure: vote.failure };
    if ('refusal' in vote) return { refusal: vote.refusal, who };
    if ('faults' in vote) return vote;
    const against = await inTime(this.ballot.accountRefusal(who));
    if (against instanceof Missed)
      return {
        refusal: against.failure === null ? { code: 'standing_unknown' } : NOT_NOW,
        who,
        failure: against.failure,
      };
    return against === null ? { vote, admitted: who } : { refusal: against, who };
  }

  private async read(
    who: Admitted,
    verdict: Vote['verdict'],
    read: SubmittedForm['read'],
  ): Promise<ReturnType<SubmittedForm['read']> | Pick<Refused, 'refusal'>> {
    const open = await this.requests.open(who, verdict);
    return 'code' in open ? { refusal: open } : read(open);
  }

  private async cast(form: SubmittedForm, admitted: Admitted, vote: Vote): Promise<void> {
    await form.answer(null);
    const asker = askerIn(form, admitted.card.channel);
    await this.answers.spoken(asker, () => this.ballot.cast(asker, admitted, vote));
  }

  /** A form of a card that we do not know names no channel, so there is nowhere else to say it. */
  private async turnAway(form: SubmittedForm, { refusal, who }: Refused): Promise<void> {
    if (who === null || who.card === null) return;
    const asker = askerIn(form, who.card.channel);
    if ('refusal' in who) return this.answers.turnAway(asker, who, form.verdict);
    // Nothing is known against this person: it may be tried again.
    if (refusal === NOT_NOW || isUntold(refusal)) return this.answers.say(asker, refusal);
    await this.answers.refuse(asker, who, form.verdict, refusal);
  }
}

function askerIn({ submission: { userId, teamId } }: SubmittedForm, channel: string): Asker {
  return { channel, userId, teamId, messageTs: null, responseUrl: null };
}
