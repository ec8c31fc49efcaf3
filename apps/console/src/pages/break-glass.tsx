import { useState, type ReactNode } from 'react';
import { post } from '../api/client.js';
import type { BreakGlassMarkAnswer } from '#contracts/ask/break-glass.dto.js';
import { useRole } from '../session.js';
import { useAction } from '../ui/action.js';
import { TextField } from '../ui/fields.js';
import { Line } from '../ui/inert.js';
import { When } from '../ui/moments.js';
import { Failed } from '../ui/states.js';

interface BreakGlassReviewProps {
  readonly id: string;
  readonly mark: BreakGlassMarkAnswer;
  readonly reload: () => void;
}

/** The debt of a break-glass grant: who was skipped, and who has looked at it since. */
export function BreakGlassReview({ id, mark, reload }: BreakGlassReviewProps): ReactNode {
  const operator = useRole('operator');
  return (
    <section className="panel stack" aria-labelledby={`glass-${id}`}>
      <h2 id={`glass-${id}`}>Break-glass</h2>
      <p>
        {mark.skipped.length === 0 ? 'Nobody was skipped.' : 'Granted without asking '}
        {mark.skipped.map((group, index) => (
          <span key={group}>
            {index === 0 ? '' : ', '}
            <Line text={group} />
          </span>
        ))}
      </p>
      {mark.reviewed === null ? (
        <>
          <p className="note warn">Not reviewed yet. Until it is, this agent may not break the glass again.</p>
          {operator ? <ReviewForm id={id} done={reload} /> : null}
        </>
      ) : (
        <p>
          Reviewed by <Line text={mark.reviewed.by} /> <When at={mark.reviewed.at} />:{' '}
          <Line text={mark.reviewed.note} />
        </p>
      )}
    </section>
  );
}

/** An operator's word on one break-glass grant. */
export function ReviewForm({ id, done }: { readonly id: string; readonly done: () => void }): ReactNode {
  const [note, setNote] = useState('');
  const action = useAction();
  const send = (): void =>
    void action
      .run(() => post(`/v1/escalations/${encodeURIComponent(id)}/review`, { note: note.trim() }))
      .then((went) => {
        if (went) done();
      });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (note.trim() !== '') send();
      }}
    >
      <TextField name="Review note" hint="Kept in the history." value={note} change={setNote} most={500} needed lines />
      {action.problem === null ? null : <Failed problem={action.problem} />}
      <p className="after">
        <button type="submit" className="button" disabled={action.busy}>
          Mark as reviewed
        </button>
      </p>
    </form>
  );
}
