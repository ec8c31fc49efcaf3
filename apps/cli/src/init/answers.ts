import { LIMITS } from '#domain/limits.js';
import type { Risk } from '#domain/policy-decision.js';
import { CatalogNode } from '#platform/config/catalog/catalog-node.js';
import { readGroups, readPeople } from '#platform/config/catalog/catalog-principals.js';
import { readResources } from '#platform/config/catalog/catalog-resources.js';
import { type ConfigurationError, ProblemList } from '#platform/config/configuration-error.js';

/** What the five questions bring: enough for a folder with which an agent can ask and people can decide. */
export interface Answers {
  readonly resource: { readonly id: string; readonly name: string };
  readonly agent: { readonly id: string; readonly owner: string };
  readonly action: ActionAnswer;
  readonly approvers: { readonly group: string; readonly people: readonly string[] };
  /** `null`: people decide in the console alone. */
  readonly slack: SlackAnswer | null;
}

export interface ActionAnswer {
  readonly name: string;
  readonly risk: Risk;
  readonly arguments: readonly { readonly name: string; readonly type: ArgumentType }[];
}

export interface SlackAnswer {
  readonly team: string;
  readonly channel: string;
  /** Slack's user id of each person that was named. */
  readonly users: Readonly<Record<string, string>>;
  /** True of the ids that the local Slack is told, and no workspace has. */
  readonly local: boolean;
}

export type ArgumentType = 'string' | 'integer' | 'boolean';
export type Draft = Partial<Answers>;
/** An answer that was understood, or the rules that it breaks. */
export type Reading<T> = { readonly value: T } | { readonly rules: readonly string[] };

/** The group that agents ask as; policies name it. */
export const AGENTS_GROUP = 'agents';
const RISKS = ['low', 'medium', 'high'];
const TYPES = ['string', 'integer', 'boolean'];

/** `<URI> [name]`. */
export function readResource(text: string): Reading<Answers['resource']> {
  const [id = '', ...rest] = wordsOf(text);
  const name = rest.join(' ') || nameOf(id);
  const rules = rulesOf(readResources, [{ id, name, actions: { a: { risk: 'low' } } }]);
  return rules.length > 0 ? { rules } : { value: { id, name } };
}

/** `<agent> <owner>`. */
export function readAgent(text: string, draft: Draft): Reading<Answers['agent']> {
  const [id = '', owner = '', ...rest] = wordsOf(text);
  if (owner === '' || rest.length > 0) return { rules: ['must be two ids: the agent, and the person who owns it'] };
  const rules = rulesOf(readPeople, [{ id }, { id: owner }]);
  if (rules.length > 0) return { rules: id === owner ? ['the agent and its owner must be two'] : rules };
  if (draft.resource !== undefined && id === verifierOf(draft.resource.id))
    return { rules: [`must not be ${id}: that is the resource server, and the two share one namespace`] };
  return { value: { id, owner } };
}

/** `<action> <risk> [<argument>:<type> …]`. */
export function readAction(text: string): Reading<ActionAnswer> {
  const [name = '', risk = '', ...given] = wordsOf(text);
  const args = given.map((word) => /^([A-Za-z][A-Za-z0-9_]*):(\w+)$/.exec(word));
  if (args.includes(null) || args.some((match) => !TYPES.includes(match?.[2] ?? '')))
    return { rules: [`each argument must be <name>:<type>, the type one of ${TYPES.join(', ')}`] };
  const names = args.map((match) => match?.[1] ?? '');
  if (new Set(names).size < names.length) return { rules: ['each argument must have a name of its own'] };
  if (!RISKS.includes(risk)) return { rules: [`the risk must be one of ${RISKS.join(', ')}`] };
  const value: ActionAnswer = {
    name,
    risk: risk as Risk,
    arguments: args.map((match, index) => ({ name: names[index] as string, type: match?.[2] as ArgumentType })),
  };
  const rules = rulesOf(readResources, [{ id: 'https://a.example', actions: { [name]: { risk } } }]);
  return rules.length > 0 ? { rules } : { value };
}

/** `<group>: <person> …`. */
export function readApprovers(text: string, draft: Draft): Reading<Answers['approvers']> {
  const [, group = '', rest] = /^\s*([^:\s]+)\s*:(.*)$/.exec(text) ?? [];
  const people = wordsOf(rest ?? '');
  if (group === '' || people.length === 0)
    return { rules: ['must be a group and its people, as in oncall: bob carol'] };
  const rules = [
    ...rulesOf(readGroups, [{ id: group, members: people }]),
    ...rulesOf(
      readPeople,
      people.map((id) => ({ id })),
    ),
  ];
  if (rules.length > 0) return { rules: [...new Set(rules)] };
  if (group === AGENTS_GROUP) return { rules: [`the group must not be called ${AGENTS_GROUP}: that is the agents’`] };
  const { id, owner } = draft.agent ?? {};
  if (id !== undefined && people.includes(id)) return { rules: [`must not name ${id}: an agent approves nothing`] };
  if (people.every((person) => person === owner))
    return { rules: ['must name somebody else than the owner, who never approves what the agent asks'] };
  return { value: { group, people } };
}

/** `local`, `none`, or `<team> <channel> <person>=<user> …`. */
export function readSlack(text: string, draft: Draft): Reading<SlackAnswer | null> {
  const people = peopleOf(draft);
  const [team = '', channel = '', ...accounts] = wordsOf(text);
  if (team === 'none' && channel === '') return { value: null };
  if (team === 'local' && channel === '') {
    const users = Object.fromEntries(people.map((id, index) => [id, `U000${index + 1}`]));
    return { value: { team: 'T0001', channel: 'C0001', users, local: true } };
  }
  const pairs = accounts.map((word) => word.split('='));
  const stranger = pairs.find(([id = '']) => !people.includes(id));
  if (pairs.length === 0 || pairs.some((pair) => pair.length !== 2))
    return { rules: ['must be local, none, or <team> <channel> <person>=<user> …'] };
  if (stranger !== undefined) return { rules: [`must name people of this folder: ${people.join(', ')}`] };
  const users = Object.fromEntries(pairs) as Record<string, string>;
  const rules = [
    ...rulesOf(readGroups, [{ id: 'a', members: [], slack_channel: channel }]),
    ...rulesOf(
      readPeople,
      pairs.map(([id, user]) => ({ id, slack: [{ team, user }] })),
    ),
  ];
  return rules.length > 0 ? { rules: [...new Set(rules)] } : { value: { team, channel, users, local: false } };
}

/** The owner and the approvers, each once. */
export function peopleOf({ agent, approvers }: Draft): string[] {
  return [...new Set([...(agent === undefined ? [] : [agent.owner]), ...(approvers?.people ?? [])])];
}

/** The client that stands for the resource server: after the first word of its host where that is a name. */
export function verifierOf(resource: string): string {
  const [label = ''] = new URL(resource).hostname.split('.');
  return /^[a-z][a-z0-9-]*$/.test(label) && label !== 'localhost' ? `${label.slice(0, 100)}-api` : 'resource-api';
}

function nameOf(id: string): string {
  if (!URL.canParse(id)) return 'Resource';
  const [label = ''] = verifierOf(id).split('-api');
  return label.charAt(0).toUpperCase() + label.slice(1);
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** What the reader of `writ.yaml` itself says of such a piece, without the path, which is none of the asker's. */
function rulesOf(read: (node: CatalogNode) => unknown, value: unknown): string[] {
  const problems = new ProblemList();
  read(new CatalogNode(value, 'answer', problems));
  try {
    problems.throwIfAny('The answer');
    return [];
  } catch (error) {
    const found = (error as ConfigurationError).problems.map((problem) => problem.replace(/^answer\S*: /, ''));
    return [...new Set(found)].slice(0, LIMITS.evidenceItemsMax);
  }
}
