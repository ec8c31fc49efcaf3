import type { Catalog, NoticeTarget } from '#domain/catalog.js';
import type { EventRow } from '#escalations/watch/history.js';
import { catalogWords } from '#domain/words/catalog-words.js';
import type { EventType } from '#escalations/rows/event-types.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import { escalationRow } from '#escalations/testing/rows.js';
import type { Notice, NoticeRegistry } from './notice.js';

export const ISSUER = 'https://writ.example';
export const AT = Date.parse('2026-11-22T04:00:00.000Z');
export const MAIL: NoticeTarget = { kind: 'email', address: 'oncall@example.com' };
export const HOOK: NoticeTarget = { kind: 'webhook', url: 'https://hooks.example/writ' };

const REFUND = {
  name: 'refund.create',
  risk: 'high',
  say: 'Refund {amount} for order {order}',
  arguments: {
    type: 'object',
    additionalProperties: false,
    required: ['order'],
    properties: { order: { type: 'string' }, amount: { type: 'integer', title: 'Amount', format: 'money/EUR' } },
  },
};

/** The configuration that says calls of this catalog; policies read the amount. */
export function registryOf(catalog: Catalog): NoticeRegistry {
  return { catalog, words: catalogWords(catalog, () => new Set(['amount'])) };
}

/** Three groups: the one that is asked, its deputy, and the owners of the resource. */
export function catalogTelling(places: Readonly<Record<string, readonly NoticeTarget[]>>): Catalog {
  const groups = ['oncall', 'platform', 'owners'].map((id) => ({
    id,
    members: [],
    slackChannel: null,
    deputy: id === 'oncall' ? 'platform' : null,
    notify: places[id] ?? [],
  }));
  return {
    resources: [{ id: 'https://payments.example', name: 'Payments', owners: 'owners', actions: [REFUND] }],
    agents: [{ id: 'support-bot', name: 'Support bot' }],
    clients: [],
    people: [],
    groups,
    limits: {},
  } as unknown as Catalog;
}

/** A refund that waits for people; the free text of the agent must be found in no notice. */
export function pendingRefund(more: Partial<EscalationRow> = {}): EscalationRow {
  const asked = escalationRow();
  return escalationRow({
    id: 'esc_1',
    agentUid: '1',
    risk: 'high',
    createdAt: AT,
    deadline: AT + 900_000,
    policy: { ...asked.policy, gates: [{ group: 'oncall', quorum: 1, deputy: 'platform' }] },
    request: {
      ...asked.request,
      authorization_details: [
        {
          type: 'tool_call',
          actions: ['refund.create'],
          identifier: 'order/8812',
          arguments: { order: '8812', amount: 4000 },
        },
      ],
      task: { id: 'evil-task', description: 'evil description', ticket: 'evil-ticket' },
      justification: 'evil justification',
      evidence: [{ title: 'evil evidence', url: 'https://evil.example' }],
    },
    ...more,
  });
}

export function event(type: EventType, data: Record<string, unknown> = {}): EventRow {
  return {
    seq: '1',
    id: `evt_${type}`,
    at: AT,
    type,
    actor: { kind: 'system', id: 'writ' },
    escalation: 'esc_1',
    grant: null,
    agent: 'support-bot',
    data,
  };
}

export const NOTICE: Notice = {
  id: 'evt_1',
  kind: 'asked',
  eventType: 'escalation.requested',
  at: '2026-11-22T04:00:00.000Z',
  group: 'oncall',
  escalation: 'esc_1',
  url: `${ISSUER}/escalations/esc_1`,
  agent: { id: 'support-bot', name: 'Support bot' },
  resource: { id: 'https://payments.example', name: 'Payments' },
  actions: ['refund.create'],
  calls: [
    {
      actions: [{ action: 'refund.create', sentence: 'Refund 40.00 EUR for order 8812', risk: 'high' }],
      identifier: 'order/8812',
      arguments: [
        { name: 'amount', title: 'Amount', value: 4000, shown: '40.00 EUR', readByPolicy: true },
        { name: 'order', title: null, value: '8812', shown: null, readByPolicy: false },
      ],
    },
  ],
  risk: 'high',
  expiresAt: '2026-11-22T04:15:00.000Z',
};
