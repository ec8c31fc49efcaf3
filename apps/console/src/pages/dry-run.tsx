import { useEffect, useState, type ReactNode } from 'react';
import type { CatalogueActionAnswer, CatalogueAnswer } from '#contracts/configure/catalogue.dto.js';
import type { DryRunAnswer } from '#contracts/configure/dry-run.dto.js';
import { visibleLine } from '#domain/inert-text.js';
import { durationWords } from '#domain/words/duration-words.js';
import { usesWords } from '#domain/words/short-words.js';
import { post, Problem } from '../api/client.js';
import { useResource, type Loaded } from '../api/resource.js';
import { useAction } from '../ui/action.js';
import { RiskBadge } from '../ui/badges.js';
import { Field } from '../ui/fields.js';
import { Line } from '../ui/inert.js';
import { Failed, Loading } from '../ui/states.js';
import { exampleAsk } from '../words/example-ask.js';
import { nameAndId, riskWords } from '../words/words.js';

interface Choice {
  readonly resource: string;
  readonly action: CatalogueActionAnswer;
}

/** The first action that some rule could permit to the agent, of the first resource that has one; else the first of all. */
function firstChoice({ resources }: CatalogueAnswer): Choice | null {
  const all = resources.flatMap(({ resource, actions }) => actions.map((action) => ({ resource, action })));
  return all.find(({ action }) => action.permitted) ?? all[0] ?? null;
}

/** What was picked, as this catalogue has it: a resource alone picks the first of its actions that could be permitted. */
function choiceOf(catalogue: CatalogueAnswer, picked: Picked | null): Choice | null {
  const of = catalogue.resources.find(({ resource }) => resource === picked?.resource);
  if (of === undefined) return firstChoice(catalogue);
  const action = of.actions.find((one) => one.action === picked?.action);
  return action === undefined ? firstChoice({ ...catalogue, resources: [of] }) : { resource: of.resource, action };
}

interface Picked {
  readonly resource: string;
  readonly action: string | null;
}

/** The catalogue for this agent; while that of another agent is on its way, the last one. */
function useCatalogue(agent: string | null): { catalogue: CatalogueAnswer | null; read: Loaded<CatalogueAnswer> } {
  const read = useResource<CatalogueAnswer>(
    `/v1/policies/catalogue${agent === null ? '' : `?agent=${encodeURIComponent(agent)}`}`,
  );
  const [last, keep] = useState<CatalogueAnswer | null>(null);
  useEffect(() => {
    if (read.data !== null) keep(read.data);
  }, [read.data]);
  return { catalogue: read.data ?? last, read };
}

/** Tries a request against the policies in force. Nothing is granted and nobody is asked. */
export function DryRun(): ReactNode {
  const [agent, setAgent] = useState<string | null>(null);
  const { catalogue, read } = useCatalogue(agent);
  return (
    <details className="panel">
      <summary>Try a request</summary>
      {read.error === null ? null : <Failed problem={read.error} retry={read.reload} />}
      {catalogue === null ? (
        read.error === null ? (
          <Loading what="what can be asked for" />
        ) : null
      ) : (
        <Trial catalogue={catalogue} agent={agent ?? catalogue.agent ?? ''} setAgent={setAgent} />
      )}
    </details>
  );
}

interface TrialProps {
  readonly catalogue: CatalogueAnswer;
  readonly agent: string;
  readonly setAgent: (agent: string) => void;
}

function Trial({ catalogue, agent, setAgent }: TrialProps): ReactNode {
  const [picked, pick] = useState<Picked | null>(null);
  const [edited, edit] = useState<string | null>(null);
  const [judged, setJudged] = useState<DryRunAnswer | null>(null);
  const action = useAction();
  const choice = choiceOf(catalogue, picked);
  const example = choice === null ? '' : JSON.stringify(exampleAsk(choice.resource, choice.action), null, 2);
  const text = edited ?? example;
  const fill = (next: Picked): void => {
    pick(next);
    edit(null);
  };
  const evaluate = (): void =>
    void action.run(async () => {
      setJudged(null);
      setJudged(await post<DryRunAnswer>('/v1/policies/evaluate', { agent, request: parsed(text) }));
    });
  return (
    <form
      className="columns"
      onSubmit={(event) => {
        event.preventDefault();
        evaluate();
      }}
    >
      <div>
        <Asker catalogue={catalogue} agent={agent} setAgent={setAgent} />
        {choice === null ? null : <What catalogue={catalogue} choice={choice} fill={fill} />}
        <Field name="Request" hint="As the agent would send it to POST /v1/escalations. Yours to change.">
          {(id, hint) => (
            <textarea
              id={id}
              className="code"
              aria-describedby={hint}
              spellCheck={false}
              value={text}
              onChange={(event) => edit(event.target.value)}
            />
          )}
        </Field>
        <p className="after">
          <button type="submit" className="button main" disabled={action.busy || agent === ''}>
            {action.busy ? 'Asking…' : 'What would happen?'}
          </button>
        </p>
      </div>
      <div aria-live="polite">
        {action.problem === null ? null : <Failed problem={action.problem} />}
        {judged === null ? (
          <p className="quiet">Nothing is granted and nobody is asked. A row in the audit log says that you looked.</p>
        ) : (
          <Verdict judged={judged} />
        )}
      </div>
    </form>
  );
}

function Asker({ catalogue, agent, setAgent }: TrialProps): ReactNode {
  return (
    <Field name="Agent">
      {(id) => (
        <select id={id} value={agent} onChange={(event) => setAgent(event.target.value)}>
          {catalogue.agents.map((one) => (
            <option key={one.id} value={one.id}>
              {nameAndId(one.name, one.id)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface WhatProps {
  readonly catalogue: CatalogueAnswer;
  readonly choice: Choice;
  readonly fill: (picked: Picked) => void;
}

/** Resource and action of the configuration; a choice writes the request anew. */
function What({ catalogue, choice, fill }: WhatProps): ReactNode {
  const of = catalogue.resources.find(({ resource }) => resource === choice.resource);
  return (
    <>
      <Field name="Resource">
        {(id) => (
          <select
            id={id}
            value={choice.resource}
            onChange={(event) => fill({ resource: event.target.value, action: null })}
          >
            {catalogue.resources.map(({ resource, name }) => (
              <option key={resource} value={resource}>
                {nameAndId(name, resource)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field name="Action" hint="Resource and action write the request below anew.">
        {(id, hint) => (
          <select
            id={id}
            aria-describedby={hint}
            value={choice.action.action}
            onChange={(event) => fill({ resource: choice.resource, action: event.target.value })}
          >
            {(of?.actions ?? []).map(({ action, risk, permitted }) => (
              <option key={action} value={action}>
                {`${visibleLine(action)} · ${riskWords(risk).toLowerCase()}${permitted ? '' : ' · no rule permits it'}`}
              </option>
            ))}
          </select>
        )}
      </Field>
    </>
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
