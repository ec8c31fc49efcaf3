import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { mayRead } from './entitlement.js';
import type { EscalationStory } from './escalation-story.js';
import { ChangeSignal, Store, RegistrySource } from '../ports.js';
import { escalationState, grantState } from '../state-now.js';

export type { EscalationStory } from './escalation-story.js';

const MISSING = refuse('not_found', 'There is no such escalation.');
/** A lost wake-up costs at most this much of a poll. */
const BACKSTOP_MS = 1_000;

/** Reads one escalation for its agent (with long-poll) or for a person who has a part in it. */
@Injectable()
export class ReadEscalation implements BeforeApplicationShutdown {
  private readonly waiting = new Map<string, number>();
  private stopping = false;

  constructor(
    private readonly store: Store,
    private readonly registry: RegistrySource,
    private readonly signal: ChangeSignal,
  ) {}

  /** Long polls that wait here are answered, so that their callers ask another process. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  /** Another agent's id answers `not_found`, as an unknown one does. */
  async forAgent(agentId: string, id: string): Promise<EscalationStory | Refusal> {
    const story = await this.load(id);
    const living = await this.store.read.agents.living(agentId);
    return story !== null && living !== null && story.escalation.agentUid === living.uid ? story : MISSING;
  }

  /**
   * The same, but answers only when `status` or `grant.status` changes, or after `waitSeconds` (clamped to 20). Answers
   * at once where waiting is pointless: what ended stays ended, and a `ready` grant waits for this agent.
   * Refuses `rate_limited` when this escalation already has a poll waiting here, or the agent has fifty.
   */
  async waitForAgent(
    agentId: string,
    id: string,
    waitSeconds: number,
    gone: AbortSignal,
  ): Promise<EscalationStory | Refusal> {
    const first = await this.forAgent(agentId, id);
    if ('refused' in first || !mayChangeByItself(first)) return first;
    const open = this.waiting.get(agentId) ?? 0;
    if (open >= LIMITS.longPollsPerAgentMax || this.waiting.has(id)) {
      return refuse('rate_limited', 'Too many long polls are waiting.', {
        retryAfterSeconds: LIMITS.pollIntervalSeconds,
      });
    }
    this.waiting.set(agentId, open + 1);
    this.waiting.set(id, 1);
    try {
      return await this.untilChanged(first, waitSeconds * 1000, gone);
    } finally {
      this.waiting.delete(id);
      const left = (this.waiting.get(agentId) ?? 1) - 1;
      if (left === 0) this.waiting.delete(agentId);
      else this.waiting.set(agentId, left);
    }
  }

  private async untilChanged(first: EscalationStory, ms: number, gone: AbortSignal): Promise<EscalationStory> {
    const before = states(first);
    const until = Date.now() + ms;
    let story = first;
    while (states(story) === before && Date.now() < until && !gone.aborted && !this.stopping) {
      await this.signal.wait(first.escalation.id, Math.min(BACKSTOP_MS, until - Date.now()));
      story = (await this.load(first.escalation.id)) ?? story;
    }
    return story;
  }

  /** For people: eligible approvers, the resource's owners, auditors and operators; for the rest it does not exist. */
  async forPerson(person: string, id: string): Promise<EscalationStory | Refusal> {
    const story = await this.load(id);
    if (story === null) return MISSING;
    const voter = await this.store.read.people.byId(person);
    const { catalog } = await this.registry.current();
    return voter !== null && mayRead(voter, story, catalog) ? story : MISSING;
  }

  /** For auditors' and operators' tools: any escalation. */
  async forTool(id: string): Promise<EscalationStory | Refusal> {
    return (await this.load(id)) ?? MISSING;
  }

  async load(id: string): Promise<EscalationStory | null> {
    const found = await this.store.read.escalations.byId(id);
    if (found === null) return null;
    const [held, votes] = await Promise.all([this.store.read.grants.ofEscalation(id), this.store.read.votes.of(id)]);
    const story = { ...found, votes };
    if (held === null) return { ...story, grant: null };
    // The decision fell in between: what was read before it is of another state than its grant.
    const decided = found.escalation.status === 'pending' ? await this.again(id) : null;
    return { ...story, ...decided, ...held };
  }

  private async again(id: string): Promise<Pick<EscalationStory, 'escalation' | 'votes'> | null> {
    const [found, votes] = await Promise.all([this.store.read.escalations.byId(id), this.store.read.votes.of(id)]);
    return found === null ? null : { escalation: found.escalation, votes };
  }
}

function mayChangeByItself({ escalation, grant, now }: EscalationStory): boolean {
  if (grant !== null) return grantState(grant, now).status === 'active';
  return escalationState(escalation, now).status === 'pending';
}

function states(story: EscalationStory): string {
  const { status } = escalationState(story.escalation, story.now);
  return `${status}/${story.grant === null ? '' : grantState(story.grant, story.now).status}`;
}
