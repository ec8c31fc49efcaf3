import { instant } from '#domain/instant.js';
import type { ToolCall } from '#domain/authority/authorization-details.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import { endWords, endWordsOf } from '#domain/words/end-words.js';
import { usesOf, type EventRow, type GrantStory, type UseRow } from '#escalations/watch/history.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import { grantState } from '#escalations/state-now.js';
import { inertLine, table } from './text.js';

/** Grants as a table, each as it stands at `now` (epoch milliseconds of the database). */
export function grantTable(rows: readonly GrantRow[], now: number): string[] {
  const heads = ['GRANT', 'STATUS', 'AGENT', 'RESOURCE', 'ACTIONS', 'USES', 'GRANTED', 'ENDS', 'WHY'];
  return table(
    heads,
    rows.map((row) => {
      const { status, endedAt, endReason } = grantState(row, now);
      const uses = row.maxUses === null ? `${row.uses}` : `${row.uses}/${row.maxUses}`;
      const ends = endedAt ?? row.expiresAt ?? row.readyUntil;
      return [
        row.id,
        status,
        row.agentId,
        row.resource,
        row.actions.join(', '),
        uses,
        toSeconds(row.createdAt),
        toSeconds(ends),
        endReason === null ? '-' : `${endReason}: ${endWords(endReason)}`,
      ];
    }),
  );
}

/** The whole story of a grant: what it is, what was asked in whose words, and then everything that happened, in order. */
export function storyLines(story: GrantStory): string[] {
  const { grant, escalation, now } = story;
  const { status, endedAt, endReason } = grantState(grant, now);
  const { task, justification, evidence, requested_ttl: ttl, max_uses: uses } = escalation.request;
  const ended =
    endedAt === null
      ? ''
      : ` at ${toSeconds(endedAt)} (${endReason ?? 'no reason kept'})${endReason === null ? '' : `: ${endWords(endReason)}`}`;
  const facts: [string, string][] = [
    ['status', `${status}${ended}${grant.outcome === null ? '' : `, outcome ${grant.outcome}`}`],
    ['agent', `${grant.agentId}, owned by ${escalation.ownerId}`],
    ...grant.ancestors.map(({ id, agentId }): [string, string] => ['under', `${id} of ${agentId}`]),
    ['resource', grant.resource],
    ['asked', `${escalation.id}: ${seconds(ttl)}, ${timesOf(uses)}, ${escalation.digest}`],
    ...escalation.request.authorization_details.map((element): [string, string] => ['', callWords(element)]),
    [
      'granted',
      `${seconds(grant.granted.ttl)}, ${timesOf(grant.granted.max_uses)} (${grant.uses} used), ${grant.grantDigest}`,
    ],
    ...grant.granted.authorization_details.map((element): [string, string] => ['', callWords(element)]),
    ['policy', `${escalation.policy.outcome} by ${escalation.policy.determining.join(', ')}`],
    ['', escalation.policyVersion],
    ...escalation.policy.reasons.map((reason): [string, string] => ['', reason]),
    ['task', [task.id, ...(task.ticket === null ? [] : [`ticket ${task.ticket}`])].join(', ')],
    // The agent's own words, which no policy read; quoted, so that they cannot pass for ours.
    ...quoted('agent says', [task.description, justification, ...evidence.map(({ title, url }) => `${title}: ${url}`)]),
  ];
  return [
    `Grant ${grant.id}`,
    ...facts.map(([name, fact]) => `  ${name.padEnd(10)}  ${inertLine(fact)}`),
    '',
    'What happened:',
    ...table(
      ['WHEN', 'WHAT', 'WHO', 'MORE'],
      story.events.map((event) => eventRow(event, usesOf(story))),
    ).map((line) => `  ${line}`),
  ];
}

function quoted(name: string, texts: readonly (string | null)[]): [string, string][] {
  return texts.flatMap((text): [string, string][] => (text === null ? [] : [[name, `"${text}"`]]));
}

/** `refund.create on order/8812 with {"amount":4000}`. */
function callWords({ actions, identifier, arguments: args }: ToolCall): string {
  const on = identifier === undefined ? '' : ` on ${identifier}`;
  return `${actions.join(', ')}${on}${args === undefined ? '' : ` with ${canonicalJson(args)}`}`;
}

function eventRow({ at, type, actor, data }: EventRow, uses: readonly UseRow[]): string[] {
  const use = uses.find(({ jti, callId }) => jti === data['jti'] && callId === data['call_id']);
  return [
    instant(at) ?? '',
    type,
    `${actor.kind} ${actorName(actor)}`,
    eventWords(use === undefined ? data : { ...data, verifier: use.verifier }),
  ];
}

/** A policy acts as the version of its set; its first digits tell sets apart. */
function actorName({ kind, id }: EventRow['actor']): string {
  return kind === 'policy' ? id.slice(0, 'sha256:'.length + 12) : id;
}

/** Members told in the heading already, of use to programs only, or too long for a line (`--json` has them all). */
const LEFT_OUT = new Set([
  'policy',
  'digest',
  'grant_digest',
  'granted',
  'kid',
  'arguments_digest',
  'resource',
  'task',
  'shown',
]);
const TIMES = new Set(['ready_until', 'expires_at']);

/** What an event adds, as `name value` pairs; empty members are left out. */
export function eventWords(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .filter(
      ([name, value]) =>
        !LEFT_OUT.has(name) && value !== null && value !== false && !(Array.isArray(value) && value.length === 0),
    )
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${valueWords(name, value)}`)
    .join(', ');
}

function valueWords(name: string, value: unknown): string {
  if (TIMES.has(name) && typeof value === 'number') return toSeconds(value);
  if (name === 'exp' && typeof value === 'number') return toSeconds(value * 1000);
  const ended = name === 'end_reason' ? endWordsOf(value) : null;
  if (ended !== null) return `${String(value)} (${ended})`;
  return typeof value === 'string' && name !== 'reason' ? value : JSON.stringify(value);
}

/** RFC 3339 without the milliseconds, which nobody reads in a table. */
function toSeconds(ms: number): string {
  return `${new Date(Math.floor(ms)).toISOString().slice(0, 19)}Z`;
}

function seconds(ttl: number): string {
  return `${ttl} s`;
}

function timesOf(uses: number | null): string {
  return uses === null ? 'any number of uses' : uses === 1 ? '1 use' : `${uses} uses`;
}
