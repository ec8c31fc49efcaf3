import { Injectable } from '@nestjs/common';
import { agentIn, type CatalogAgent } from '#domain/catalog.js';
import { catalogNames, type CatalogNames } from '#domain/words/catalog-names.js';
import { personNames, type PersonName } from '#domain/person-name.js';
import type { Risk } from '#domain/policy-decision.js';
import { invariant, refuse, type Refusal } from '#domain/refusal.js';
import { RISKS } from '#domain/risk.js';
import { AgentRecord, type OpenSuspension } from './agent-record.js';
import { mayRead } from './entitlement.js';
import type { EscalationStory } from './escalation-story.js';
import { Inbox, type AgentCounts } from './inbox.js';
import { LiveAuthority } from './live-authority.js';
import { Store, RegistrySource } from '../ports.js';

/** So many rows of each list stand on the page of an agent. */
const LISTED = 20;

/** One request of an agent, with its grant. */
export interface AgentAsk {
  readonly story: EscalationStory;
  /** The risk of the authority as it was granted; of a request without a grant, as it was asked. */
  readonly risk: Risk;
  readonly mayRead: boolean;
}

export interface AgentView {
  readonly agent: CatalogAgent;
  readonly counts: AgentCounts;
  readonly suspension: OpenSuspension | null;
  readonly handedOn: number;
  readonly holds: readonly AgentAsk[];
  readonly asks: readonly AgentAsk[];
  readonly lately: readonly AgentAsk[];
  readonly operates: boolean;
  readonly nameOf: PersonName;
  readonly names: CatalogNames;
}

type Listed = Omit<AgentAsk, 'mayRead'>;

/** One agent for the people who answer for it. */
@Injectable()
export class ReadAgent {
  constructor(
    private readonly registry: RegistrySource,
    private readonly store: Store,
    private readonly inbox: Inbox,
    private readonly live: LiveAuthority,
    private readonly record: AgentRecord,
  ) {}

  /** What its owner, operators and auditors read. Refuses `not_found` for everybody else, and for an agent that is not in force. */
  async execute(person: string, agentId: string): Promise<AgentView | Refusal> {
    const { catalog } = await this.registry.current();
    const [voter, living] = await Promise.all([
      this.store.read.people.byId(person),
      this.store.read.agents.living(agentId),
    ]);
    const agent = agentIn(catalog, agentId);
    const sees = voter?.roles.includes('operator') === true || voter?.roles.includes('auditor') === true;
    if (voter === null || living === null || agent === undefined || !(sees || agent.owner === person))
      return refuse('not_found', 'There is no such agent, or it is not yours to see.');
    const [[counts], suspension, handedOn, lists] = await Promise.all([
      this.inbox.agentCounts([agentId]),
      this.record.suspension(living.uid),
      this.record.handedOn(living.uid),
      this.lists(agentId, living.uid),
    ]);
    invariant(counts !== undefined, 'a living agent has counts');
    const askOf = ({ story, risk }: Listed): AgentAsk => ({ story, risk, mayRead: mayRead(voter, story, catalog) });
    return {
      agent,
      counts,
      suspension,
      handedOn,
      holds: lists.holds.map(askOf),
      asks: lists.asks.map(askOf),
      lately: lists.lately.map(askOf),
      operates: voter.roles.includes('operator'),
      nameOf: personNames(catalog),
      names: catalogNames(catalog),
    };
  }

  /** The three lists, each in its order, read in one go. */
  private async lists(agent: string, uid: string): Promise<Record<'holds' | 'asks' | 'lately', Listed[]>> {
    const held = (state: 'active' | 'ready') => this.live.page({ reader: null, agent, state }, LISTED, null);
    const [active, ready, asks, lately] = await Promise.all([
      held('active'),
      held('ready'),
      this.record.pending(uid, LISTED),
      this.record.decided(uid, LISTED),
    ]);
    const holds = [...active.places, ...ready.places]
      .sort((a, b) => a.risk - b.risk || (BigInt(a.key) < BigInt(b.key) ? -1 : 1))
      .slice(0, LISTED);
    const granted = new Map(holds.map(({ escalation, risk }) => [escalation, RISKS[risk]]));
    const stories = await this.inbox.stories([...new Set([...granted.keys(), ...asks, ...lately])]);
    const byId = new Map(stories.map((story) => [story.escalation.id, story]));
    const found = (ids: Iterable<string>): Listed[] =>
      [...ids].flatMap((id) => {
        const story = byId.get(id);
        return story === undefined ? [] : [{ story, risk: granted.get(id) ?? story.escalation.risk }];
      });
    return { holds: found(granted.keys()), asks: found(asks), lately: found(lately) };
  }
}
