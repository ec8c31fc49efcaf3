import type { Voter } from '#domain/approval/eligibility.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { requestDigest } from '#domain/authority/digest.js';
import type { Catalog } from '#domain/catalog.js';
import { catalogWords } from '#domain/words/catalog-words.js';
import type { AgentFacts, PolicyDecision } from '#domain/policy-decision.js';
import { ApproverLimits } from '#escalations/decide/approver-limits.js';
import type { Ids, Store, RegistrySource, Seals, Registry, Transaction, TokenMint } from '#escalations/ports.js';
import type { Before } from '#escalations/watch/context/before.js';
import type { Inbox } from '#escalations/watch/inbox.js';
import { escalationRow, grantRow } from '#escalations/testing/rows.js';
import { readsOf, transactionOf } from '#escalations/testing/fake-store.js';
import { ReadEscalation } from '#escalations/watch/read-escalation.js';
import { RecordDecision } from '#escalations/decide/record-decision.js';
import { SlackPeople } from '#escalations/people/slack-people.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import type { HistoryEntry } from '#escalations/rows/history.js';
import type { OutboxEntry } from '#escalations/rows/outbox.js';
import type { VoteRow } from '#escalations/rows/vote.js';
import type { SlackClick, SlackSubmission } from '#slack/receive/clicks.js';
import { jobsAfter } from '#escalations/tell/what-follows.js';
import type { StoredCard } from '#slack/ports.js';
import { CardsInMemory as MessageRecords } from '#slack/testing/cards-in-memory.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { CardModelLoader } from '../cards/card-model-loader.js';
import { CATALOG, PEOPLE } from './sample-catalog.fixture.js';

export const NOW = 1_800_000_000_000;
export const ESCALATION_ID = 'esc_01KAMZ0000000000000000000A';
const POLICY: PolicyDecision = {
  outcome: 'require_approval',
  version: `sha256:${'a'.repeat(64)}`,
  determining: ['refunds-need-the-oncall'],
  gates: [{ group: 'payments-oncall', quorum: 2 }],
  windowSeconds: 900,
  maxTtl: 120,
  maxUses: null,
  reasons: ['Money leaves the house.'],
  denialCode: null,
  pairs: [],
  facts: {},
};

const REQUEST: EscalationRequest = {
  resource: 'https://payments.example',
  authorization_details: [
    { type: 'tool_call', actions: ['refund.create'], identifier: 'order/8812', arguments: { amount: 4000 } },
  ],
  requested_ttl: 300,
  max_uses: 1,
  task: { id: 'run-77', description: null, ticket: null },
  justification: null,
  evidence: [],
  break_glass: false,
  chain: [],
};

const NO_FACTS: AgentFacts = {
  recent_denials: 0,
  open_grants: 0,
  pending_asks: 0,
  granted_last_hour: {},
  granted_last_day: {},
};
const NOTHING_BEFORE: Before = {
  at: NOW,
  recentGrants: [],
  sameAsk: { approved: 0, denied: 0, last: null, denials: [] },
};
export const DIGEST = requestDigest(ESCALATION_ID, 'support-bot', REQUEST, POLICY.version);
export const CARD: StoredCard = {
  cardId: 'card-1',
  escalationId: ESCALATION_ID,
  digest: DIGEST,
  channel: 'C0001',
  ts: '1700000000.000100',
  version: 1,
  minor: 0,
};

export const PENDING: EscalationRow = escalationRow({
  id: ESCALATION_ID,
  digest: DIGEST,
  request: REQUEST,
  risk: 'high',
  policyVersion: POLICY.version,
  policy: POLICY,
  createdAt: NOW - 60_000,
  deadline: NOW + 840_000,
});

export const WORKSPACE = { teamId: 'T0001', appId: 'A0001' };

/** A click by `user` on the card's own place; `changes` make it another. */
export function clickBy(user: string, changes: Partial<SlackClick> = {}): SlackClick {
  return {
    cardId: CARD.cardId,
    teamId: WORKSPACE.teamId,
    userId: user,
    apiAppId: WORKSPACE.appId,
    channelId: CARD.channel,
    messageTs: CARD.ts as string,
    triggerId: '1.2.x',
    ...changes,
  };
}

export function denialBy(user: string, changes: Partial<SlackSubmission> = {}): SlackSubmission {
  const { teamId, appId: apiAppId } = WORKSPACE;
  return { cardId: CARD.cardId, teamId, userId: user, apiAppId, viewId: 'V1', reason: 'Wrong order.', ...changes };
}

/** The rows of one escalation, and the store over them. One run after the other, as under a row lock. */
export class RowsInMemory {
  row: EscalationRow = PENDING;
  grant: GrantRow | null = null;
  votes: VoteRow[] = [];
  history: HistoryEntry[] = [];
  outbox: OutboxEntry[] = [];
  people: readonly Voter[] = PEOPLE;
  catalog: Catalog = CATALOG;
  now = NOW;
  failure: Error | null = null;

  readonly registry: RegistrySource = {
    current: async () => this.configuration(),
    recent: () => null,
    pinned: async () => null,
  };
  /** Nobody has linked an account of their own. */
  readonly slackPeople = new SlackPeople(this.registry, {
    personOf: async () => null,
    of: async () => [],
    keepCode: async () => undefined,
  });
  readonly inbox = {
    events: async () => this.history.map((entry) => ({ ...entry, at: this.now })),
  };
  readonly store: Store = {
    read: readsOf({
      escalations: { byId: async (id) => (id === this.row.id ? { escalation: this.row, now: this.now } : null) },
      grants: { ofEscalation: async () => (this.grant === null ? null : { grant: this.grant, now: this.now }) },
      votes: { of: async () => this.votes },
      before: { of: async () => NOTHING_BEFORE },
      people: { byId: (person) => this.voter(person) },
    }),
    run: (work) => this.run(work),
    runBatched: (_needs, work) => this.run(work),
  };

  readEscalation(): ReadEscalation {
    return new ReadEscalation(this.store, this.registry, {
      wait: async () => undefined,
      changed: () => undefined,
      watch: () => () => undefined,
    });
  }

  cardModels(): CardModelLoader {
    const inbox = this.inbox as unknown as Inbox;
    const broker = new BrokerIdentity('http://localhost:3000');
    return new CardModelLoader(this.readEscalation(), this.registry, this.store, inbox, broker);
  }

  recordDecision(): RecordDecision {
    const seals = { mac: () => 'mac', sound: () => true } as unknown as Seals;
    let serial = 0;
    const ids: Ids = { next: (prefix) => `${prefix}_${(serial += 1)}` };
    const cuts = new ApproverLimits(this.registry, { fits: () => true } as unknown as TokenMint);
    return new RecordDecision(cuts, this.store, seals, ids);
  }

  /** As a kill switch over this person leaves their approvals. */
  endApprovalsOf(person: string): void {
    this.votes = this.votes.map((vote) => (vote.person === person ? { ...vote, killedAt: this.now } : vote));
  }

  /** Types of the history so far. */
  told(): string[] {
    return this.history.map((entry) => entry.type);
  }

  private configuration(): Registry {
    const words = catalogWords(this.catalog, () => new Set());
    return { catalog: this.catalog, words, seq: '1', decide: () => this.row.policy } as unknown as Registry;
  }

  private last: Promise<unknown> = Promise.resolve();

  private run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    if (this.failure !== null) return Promise.reject(this.failure);
    const done = this.last.then(() => work(this.transaction));
    this.last = done.catch(() => undefined);
    return done;
  }

  private async voter(person: string): Promise<Voter | null> {
    return this.people.find((voter) => voter.person === person) ?? null;
  }

  private readonly transaction = transactionOf({
    asks: { denied: async () => [], openDuplicates: async () => [], isDuplicateOfOpen: async () => false },
    agents: {
      lockByUid: async () => ({ agent: { uid: this.row.agentUid, id: this.row.agentId }, now: this.now }),
      queueBehind: async () => undefined,
      facts: async () => NO_FACTS,
    },
    configurations: { newestSeq: async () => '1' },
    escalations: {
      lock: async () => ({ escalation: this.row, now: this.now }),
      change: async (_id, _version, { change, now, ...rest }) => {
        const status = change === 'voted' ? {} : { status: change, decidedAt: now };
        return (this.row = { ...this.row, ...rest, ...status, version: this.row.version + 1 });
      },
    },
    people: { byId: (person) => this.voter(person) },
    votes: {
      of: async () => this.votes,
      insert: async (vote) => void (this.votes = [...this.votes, { ...vote, killedAt: null, groups: [] }]),
    },
    grants: { insert: async (grant) => (this.grant = grantRow(grant)) },
    journal: {
      record: async (entries) => {
        this.history.push(...entries);
        this.outbox.push(...jobsAfter(entries));
      },
      enqueue: async (entries) => void this.outbox.push(...entries),
    },
  });
}

/** The message records, with the one card of these tests among them. */
export class CardsInMemory extends MessageRecords {
  /** `ts` of messages that are other requests' cards. */
  readonly others = new Set<string>();

  /** @param rows where what follows from a card is written */
  constructor(rows: RowsInMemory | null = null) {
    super({
      agent: PENDING.agentId,
      tell: async (entry) => rows?.store.run((tx) => tx.journal.record([entry], NOW)),
    });
    this.card = CARD;
  }

  get card(): StoredCard | null {
    return [...this.rows.values()][0] ?? null;
  }
  set card(card: StoredCard | null) {
    this.rows.clear();
    if (card !== null) this.rows.set(card.cardId, card);
  }
  override async isOnRecord(channel: string, ts: string): Promise<boolean> {
    return this.others.has(ts) || super.isOnRecord(channel, ts);
  }
}
