import { instant } from '#domain/instant.js';
import type { PersonName } from '#domain/person-name.js';
import type { Before, SameAsk, Shown } from '#escalations/watch/context/before.js';
import type { EscalationContext } from '#escalations/watch/context/read-context.js';
import { presentBreakGlass } from '../ask/break-glass-presenters.js';
import { presentMay } from './inbox-presenters.js';
import { timelineText } from './timeline.js';

type Wire = Record<string, unknown>;

function presentSameAsk({ approved, denied, last, denials }: SameAsk, nameOf: PersonName): Wire {
  return {
    approved,
    denied,
    last: last === null ? null : { status: last.status, at: instant(last.at) },
    denials: denials.map(({ by, reason, at }) => ({
      by: by.id,
      name: by.kind === 'person' ? nameOf(by.id) : by.id,
      reason,
      at: instant(at),
    })),
  };
}

function presentBefore({ at, recentGrants, sameAsk }: Before, nameOf: PersonName): Wire {
  return {
    before_at: instant(at),
    recent_grants: recentGrants.map(({ action, resource, count, lastAt }) => ({
      action,
      resource,
      count,
      last_at: instant(lastAt),
    })),
    same_ask: presentSameAsk(sameAsk, nameOf),
  };
}

function presentShown(shown: Shown | undefined, nameOf: PersonName): Wire {
  if (shown === undefined || typeof shown === 'string')
    return { shown: null, shown_missing: shown === 'not_kept' ? 'not_kept' : 'entry_missing' };
  return { shown: presentBefore(shown, nameOf), shown_missing: null };
}

/** Everything around one escalation. */
export function presentContext(context: EscalationContext): Wire {
  const { story, agent, clock, nameOf } = context;
  const { escalation, votes } = story;
  return {
    agent: { ...agent, owner_name: nameOf(agent.owner) },
    ...presentBefore(context.before, nameOf),
    chain: escalation.request.chain,
    votes: votes.map(({ person, verdict, reason, limits, via, at, stepUp }, index) => ({
      person,
      name: nameOf(person),
      verdict,
      reason,
      limits,
      via,
      at: instant(at),
      stepped_up: stepUp !== null,
      ...presentShown(context.shown[index], nameOf),
    })),
    clock: {
      asked_at: instant(escalation.createdAt),
      decide_before: instant(escalation.deadline),
      steps: clock.steps.map(({ at, step, group, done }) => ({
        at: instant(at),
        step,
        ...(group === undefined ? {} : { group }),
        done,
      })),
    },
    on_card: context.events.some(({ type }) => type === 'card.posted'),
    comments: context.comments.map(({ id, at, author, via, text }) => ({
      id,
      at: instant(at),
      author,
      name: nameOf(author),
      via,
      text,
    })),
    timeline: context.events.flatMap((event) => {
      const text = timelineText(event, nameOf);
      return text === null ? [] : [{ at: instant(event.at), type: event.type, text }];
    }),
    step_up: escalation.policy.stepUp ?? null,
    slack: escalation.policy.slack ?? null,
    break_glass: presentBreakGlass(escalation.breakGlass),
    folded: context.folded,
    may: context.may === null ? null : presentMay(context.may),
  };
}
