import { useState, type ReactNode } from 'react';
import { post, Problem } from '../api/client.js';
import { usePages } from '../api/pages.js';
import type { AgentAnswer, DryRunAnswer } from '#contracts/console.dto.js';
import { useAction } from '../ui/action.js';
import { RiskBadge } from '../ui/badges.js';
import { Field } from '../ui/fields.js';
import { Line } from '../ui/inert.js';
import { ShowMore } from '../ui/show-more.js';
import { Failed } from '../ui/states.js';
import { durationWords, usesWords } from '../words/words.js';

const EXAMPLE = {
  resource: 'https://payments.example',
  authorization_details: [
    {
      type: 'tool_call',
      actions: ['refund.create'],
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
    },
  ],
  max_uses: 1,
  task: { id: 'try-1', ticket: 'OPS-1' },
};

/** Tries a request against the policies in force. Nothing is granted and nobody is asked. */
export function DryRun(): ReactNode {
  const agents = usePages<AgentAnswer>('/v1/people/agents?limit=200');
  const [agent, setAgent] = useState('');
  const [text, setText] = useState(JSON.stringify(EXAMPLE, null, 2));
  const [judged, setJudged] = useState<DryRunAnswer | null>(null);
  const action = useAction();
  const known = agents.data?.items ?? [];
  const chosen = agent === '' ? (known[0]?.id ?? '') : agent;
  const evaluate = (): void =>
    void action.run(async () => {
      setJudged(null);
      setJudged(await post<DryRunAnswer>('/v1/policies/evaluate', { agent: chosen, request: parsed(text) }));
    });
  return (
    <details className="panel">
      <summary>Try a request</summary>
      <form
        className="columns"
        onSubmit={(event) => {
          event.preventDefault();
          evaluate();
        }}
      >
        <div>
          <AgentField known={known.map(({ id }) => id)} value={chosen} change={setAgent} />
          <ShowMore of={agents} what="agents" />
          <Field name="Request" hint="As the agent would send it to POST /v1/escalations.">
            {(id, hint) => (
              <textarea
                id={id}
                className="code"
                aria-describedby={hint}
                spellCheck={false}
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            )}
          </Field>
          <p className="after">
            <button type="submit" className="button main" disabled={action.busy || chosen === ''}>
              {action.busy ? 'Asking…' : 'What would happen?'}
            </button>
          </p>
        </div>
        <div aria-live="polite">
          {action.problem === null ? null : <Failed problem={action.problem} />}
          {judged === null ? (
            <p className="quiet">
              Nothing is granted and nobody is asked. A row in the audit log says that you looked.
            </p>
          ) : (
            <Verdict judged={judged} />
          )}
        </div>
      </form>
    </details>
  );
}

interface AgentFieldProps {
  readonly known: readonly string[];
  readonly value: string;
  readonly change: (value: string) => void;
}

function AgentField({ known, value, change }: AgentFieldProps): ReactNode {
  return (
    <Field name="Agent">
      {(id) =>
        known.length === 0 ? (
          <input type="text" id={id} value={value} onChange={(event) => change(event.target.value)} required />
        ) : (
          <select id={id} value={value} onChange={(event) => change(event.target.value)}>
            {known.map((agent) => (
              <option key={agent}>{agent}</option>
            ))}
          </select>
        )
      }
    </Field>
  );
}

const OUTCOMES: Readonly<Record<DryRunAnswer['outcome'], readonly [string, string]>> = {
  allow: ['low', 'Allowed at once'],
  require_approval: ['medium', 'People would be asked'],
  deny: ['high', 'Denied'],
};

function Verdict({ judged }: { readonly judged: DryRunAnswer }): ReactNode {
  const [tone, words] = OUTCOMES[judged.outcome];
  const { granted, denial } = judged.ask;
  return (
    <div className="stack">
      <p>
        <span className={`badge ${tone}`}>{words}</span> <RiskBadge risk={judged.risk} />
      </p>
      <p>
        <Line text={judged.explanation} />
      </p>
      {denial === null ? null : (
        <p>
          The agent would read: <Line text={denial.reason} />
        </p>
      )}
      <dl className="facts">
        <dt>Rules</dt>
        <dd className="mono">{judged.determining.join(', ') || 'none matched'}</dd>
        {judged.gates.map((gate) => (
          <div className="pair" key={gate.id}>
            <dt>{gate.id}</dt>
            <dd>
              {gate.quorum} of {gate.eligible.map(({ name }) => name).join(', ') || 'nobody'}
              {gate.deputy === null ? '' : `, later also ${gate.deputy}`}
            </dd>
          </div>
        ))}
        {judged.outcome === 'require_approval' ? (
          <div className="pair">
            <dt>Window</dt>
            <dd>{durationWords(judged.window_seconds)}</dd>
          </div>
        ) : null}
        {granted === null ? null : (
          <div className="pair">
            <dt>At most</dt>
            <dd>
              {durationWords(granted.ttl)} · {usesWords(granted.max_uses)}
            </dd>
          </div>
        )}
      </dl>
      <details>
        <summary>Facts it used</summary>
        <pre className="block" tabIndex={0} aria-label="Facts">
          {JSON.stringify(judged.facts, null, 2)}
        </pre>
      </details>
    </div>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(0, 'console', 'The request is not valid JSON.');
  }
}
