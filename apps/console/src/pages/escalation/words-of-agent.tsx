import type { ReactNode } from 'react';
import type { Escalation } from '../../api/types.js';
import { Line, Words } from '../../ui/inert.js';

/** Last, because it is the one part that nobody checked: what the agent says of itself. */
export function WordsOfAgent({ ask }: { readonly ask: Escalation }): ReactNode {
  const { task, justification, evidence } = ask.request;
  return (
    <section className="panel stack" aria-labelledby="words">
      <h2 id="words">In the agent’s own words</h2>
      <p className="note warn small-text">
        Unverified. Policy never reads this, and neither should your decision rest on it alone.
      </p>
      <dl className="facts">
        <dt>Task</dt>
        <dd>
          <Line text={task.id} mono />
        </dd>
        <dt>Ticket</dt>
        <dd>{task.ticket === null || task.ticket === undefined ? '–' : <Line text={task.ticket} mono />}</dd>
      </dl>
      {task.description === null || task.description === undefined ? null : (
        <Words label="What the task is" text={task.description} />
      )}
      {justification === null ? null : <Words label="Why it asks" text={justification} />}
      {evidence.length === 0 ? null : (
        <div>
          <h3>Evidence (addresses as text: nothing is fetched)</h3>
          <ul className="words">
            {evidence.map(({ title, url }, index) => (
              <li key={index}>
                <Line text={title} /> — <Line text={url} mono />
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
