import type { PolicyDecision, PolicyVoice } from '#domain/policy-decision.js';

/**
 * One or two plain sentences on a decision, for people. Made of configured words only (policy ids, reasons, groups,
 * actions); nothing an agent wrote is in it.
 */
export function explain(decision: PolicyDecision): string {
  switch (decision.outcome) {
    case 'allow':
      return `${ended(`Allowed by ${voices(decision)}`)}${caps(decision)}`;
    case 'require_approval': {
      const gates = decision.gates.map((gate) => `${gate.quorum} of ${gate.group}`).join(' and ');
      const asked = `Needs ${gates} within ${duration(decision.windowSeconds)} because ${voices(decision)}`;
      return `${ended(asked)}${caps(decision)}${channels(decision)}`;
    }
    case 'deny':
      return denial(decision);
  }
}

function denial(decision: PolicyDecision): string {
  if (decision.denialCode === 'policy_denied') return ended(`Denied because ${voices(decision)}`);
  if (decision.denialCode === 'policy_error') {
    return decision.determining.length === 0
      ? ['Denied.', ...decision.reasons].join(' ')
      : `Denied: ${list(decision.determining)} failed to evaluate, so nothing can be granted.`;
  }
  const unmatched = decision.pairs.filter((pair) => pair.outcome === 'deny').map((pair) => pair.action);
  return unmatched.length === 0
    ? 'Denied: the request asks for nothing.'
    : `Denied: no policy permits ${list([...new Set(unmatched)])} here.`;
}

/** The policies that determined the decision, each with its reason: `id: "reason"`. Configured words only. */
export function voices(decision: PolicyDecision): string {
  const byId = new Map<string, PolicyVoice>();
  for (const pair of decision.pairs) for (const said of pair.satisfied) byId.set(said.policy, said);
  return list(
    decision.determining.map((id) => {
      const reason = byId.get(id)?.reason ?? null;
      if (reason !== null) return `${id}: "${reason}"`;
      return decision.outcome === 'deny' ? `${id} forbids it` : id;
    }),
  );
}

/** With a full stop, unless a quoted reason brings its own. */
function ended(sentence: string): string {
  return /[.!?]"$/.test(sentence) ? sentence : `${sentence}.`;
}

function caps(decision: PolicyDecision): string {
  const limits = [
    ...(decision.maxTtl === null ? [] : [duration(decision.maxTtl)]),
    ...(decision.maxUses === null ? [] : [counted(decision.maxUses, 'use')]),
  ];
  return limits.length === 0 ? '' : ` At most ${list(limits)}.`;
}

/** How an approval must be given, where policy says so. */
function channels({ stepUp, slack }: PolicyDecision): string {
  if ((stepUp ?? null) !== null) return ' Approvals are signed with a passkey in the console.';
  return (slack ?? null) === null ? '' : ' Approvals are given in the console; Slack can only deny.';
}

/** Seconds in words: whole hours and minutes where they fit. */
function duration(seconds: number): string {
  if (seconds % 3_600 === 0) return counted(seconds / 3_600, 'hour');
  return seconds % 60 === 0 ? counted(seconds / 60, 'minute') : counted(seconds, 'second');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}
