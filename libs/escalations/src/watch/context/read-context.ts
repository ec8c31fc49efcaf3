import { Injectable } from '@nestjs/common';
import { agentIn } from '#domain/catalog.js';
import { personNames, type PersonName } from '#domain/person-name.js';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import { momentOf, shownWithVotes, type Before, type Shown } from './before.js';
import type { ShownTimetable } from './timetable-part.js';
import type { CommentLine } from './comments-part.js';
import { BesideRequest } from './beside-request.js';
import { entitlementOf, type Entitlement } from '../entitlement.js';
import type { EscalationStory } from '../escalation-story.js';
import type { EventRow } from '../history.js';
import { Inbox } from '../inbox.js';
import { Store, RegistrySource } from '../../ports.js';
import { ReadEscalation } from '../read-escalation.js';

/** The agent as it stands now, which may differ from when it asked. */
export interface AskingAgent {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly status: 'active' | 'suspended' | 'retired';
}

/** Everything around an escalation that helps a person to decide it. */
export interface EscalationContext {
  readonly story: EscalationStory;
  readonly agent: AskingAgent;
  readonly before: Before;
  /** What was shown with each vote, in the order of the votes. */
  readonly shown: readonly Shown[];
  readonly clock: ShownTimetable;
  readonly comments: readonly CommentLine[];
  readonly events: readonly EventRow[];
  readonly folded: readonly string[];
  /** What the reader may do now; `null` for a tool, which decides nothing. */
  readonly may: Entitlement | null;
  readonly nameOf: PersonName;
}

/** Gathers the page of one escalation, for whoever may read the escalation. */
@Injectable()
export class ReadContext {
  constructor(
    private readonly escalations: ReadEscalation,
    private readonly inbox: Inbox,
    private readonly store: Store,
    private readonly registry: RegistrySource,
    private readonly beside: BesideRequest,
  ) {}

  /** For people; refuses `not_found` as reading the escalation does. */
  async forPerson(person: string, id: string): Promise<EscalationContext | Refusal> {
    const story = await this.escalations.forPerson(person, id);
    if (isRefusal(story)) return story;
    const [context, voter, { catalog }] = await Promise.all([
      this.around(story),
      this.store.read.people.byId(person),
      this.registry.current(),
    ]);
    return { ...context, may: voter === null ? null : entitlementOf(voter, story, catalog) };
  }

  /** For auditors' and operators' tools. */
  async forTool(id: string): Promise<EscalationContext | Refusal> {
    const story = await this.escalations.forTool(id);
    return isRefusal(story) ? story : this.around(story);
  }

  private async around(story: EscalationStory): Promise<EscalationContext> {
    const { escalation, now } = story;
    const { catalog } = await this.registry.current();
    const [agent, before, events] = await Promise.all([
      this.agentOf(story),
      this.store.read.before.of(escalation.id, momentOf(escalation, now)),
      this.inbox.events(escalation.id),
    ]);
    const { clock, comments, folded } = await this.beside.of(escalation, now);
    return {
      story,
      agent: { ...agent, name: agentIn(catalog, agent.id)?.name ?? agent.id },
      before,
      shown: shownWithVotes(story, events),
      clock,
      comments,
      events,
      folded,
      may: null,
      nameOf: personNames(catalog),
    };
  }

  /** The row that asked: one that came later under the same id is another agent. */
  private async agentOf({ escalation }: EscalationStory): Promise<Omit<AskingAgent, 'name'>> {
    const { catalog } = await this.registry.current();
    const living = await this.store.read.agents.living(escalation.agentId);
    if (living === null || living.uid !== escalation.agentUid)
      return { id: escalation.agentId, owner: escalation.ownerId, status: 'retired' };
    const owner = agentIn(catalog, living.id)?.owner ?? escalation.ownerId;
    return { id: living.id, owner, status: living.suspended ? 'suspended' : 'active' };
  }
}
