import { useState, type ReactNode } from 'react';
import { durationWords } from '#domain/words/duration-words.js';
import { Named } from '../../ui/named.js';
import { FormDialog } from '../../ui/dialog.js';
import { Field, TextField } from '../../ui/fields.js';
import { ActionWords, Touches } from './calls.js';
import { limitsOf, wholeOf, withAction, type Cut } from './cuts.js';
import { PasskeyNote, useDecision, type DecideProps } from './decide-dialogs.js';

/** Approves, but for less: nothing in here can widen the ask, and the broker checks that once more. */
export function LessDialog(props: DecideProps): ReactNode {
  const { ask, stepUp, over, close } = props;
  const [cut, setCut] = useState<Cut>(() => wholeOf(ask));
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const { busy, problem, send } = useDecision(props);
  const { limits, fault } = limitsOf(ask, cut);
  const submit = (): void => {
    setTried(true);
    const reason = note.trim();
    if (limits !== null) send({ verdict: 'approve', limits, ...(reason === '' ? {} : { reason }) });
  };
  return (
    <FormDialog
      title="Approve for less"
      verb={stepUp ? 'Approve with passkey' : 'Approve for less'}
      close={close}
      submit={submit}
      busy={busy}
      problem={problem}
      over={over}
      fault={tried ? fault : null}
    >
      <p className="quiet">
        <Named name={ask.agent_name} id={ask.agent} beneath={false} /> on{' '}
        <Named name={ask.resource_name} id={ask.resource} beneath={false} />
      </p>
      <Terms ask={ask} cut={cut} change={setCut} />
      <Actions ask={ask} cut={cut} change={setCut} />
      <TextField
        name="Why less"
        hint="The agent reads it, without your name."
        value={note}
        change={setNote}
        most={500}
        lines
      />
      <p className="quiet small-text">Several people’s cuts add up: the least of each is granted.</p>
      {stepUp ? <PasskeyNote /> : null}
    </FormDialog>
  );
}

interface PartProps {
  readonly ask: DecideProps['ask'];
  readonly cut: Cut;
  readonly change: (cut: Cut) => void;
}

function Terms({ ask, cut, change }: PartProps): ReactNode {
  const { requested_ttl, max_uses } = ask.request;
  const ttl = Number(cut.ttl);
  const shown = Number.isInteger(ttl) && ttl > 0 ? `${durationWords(ttl)}, ` : '';
  return (
    <>
      <Field name="Time in seconds" hint={`${shown}asked: ${durationWords(requested_ttl)}`}>
        {(id, hint) => (
          <input
            type="number"
            id={id}
            aria-describedby={hint}
            min={1}
            max={requested_ttl}
            step={1}
            value={cut.ttl}
            onChange={(event) => change({ ...cut, ttl: event.target.value })}
            required
            data-first=""
          />
        )}
      </Field>
      <Field name="Uses" hint={max_uses === null ? 'asked: unlimited; leave empty to keep that' : `asked: ${max_uses}`}>
        {(id, hint) => (
          <input
            type="number"
            id={id}
            aria-describedby={hint}
            min={1}
            max={max_uses ?? 1_000}
            step={1}
            value={cut.uses}
            onChange={(event) => change({ ...cut, uses: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}

function Actions({ ask, cut, change }: PartProps): ReactNode {
  const { calls } = ask;
  return (
    <fieldset>
      <legend>Actions to keep</legend>
      {calls.map((call, index) => (
        <div key={index} role="group" aria-label={`Call ${index + 1}`} className="call">
          <div className="choices">
            {calls.length > 1 ? (
              <p className="quiet small-text">
                Call {index + 1} of {calls.length}
              </p>
            ) : null}
            {call.actions.map((said, at) => (
              <label className="check" key={said.action}>
                <input
                  type="checkbox"
                  checked={cut.kept[index]?.[at] === true}
                  onChange={(event) => change(withAction(cut, index, at, event.target.checked))}
                />
                <ActionWords said={said} />
              </label>
            ))}
          </div>
          <Touches call={call} number={index + 1} />
        </div>
      ))}
    </fieldset>
  );
}
