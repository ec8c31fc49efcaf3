import { describe, expect, it } from '@jest/globals';
import type { EventRow } from '#escalations/watch/history.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import { noticesOf, placeOf } from './notice.js';
import { catalogTelling, event, HOOK, ISSUER, MAIL, NOTICE, pendingRefund, registryOf } from './notice.fixture.js';
import { subjectOf, textOf } from './email-channel.js';
import { cloudEvent } from './webhook-channel.js';

const OWNERS = { kind: 'email', address: 'owners@example.com' } as const;
const DEPUTIES = { kind: 'email', address: 'platform@example.com' } as const;
const registry = registryOf(catalogTelling({ oncall: [MAIL, HOOK], platform: [DEPUTIES], owners: [OWNERS, MAIL] }));

/** Who is told of this event, as «kind → place». */
function told(happened: EventRow, escalation: EscalationRow = pendingRefund(), asksPeople = true): string[] {
  return noticesOf({ escalation, asksPeople }, [happened], registry, ISSUER).map(
    ({ notice, target }) => `${notice.kind} → ${placeOf(target)}`,
  );
}

describe('who is told', () => {
  const decided = pendingRefund({ status: 'approved' });
  const byPolicy = pendingRefund({ policy: { ...pendingRefund().policy, outcome: 'allow', gates: [] } });
  it.each<[string, string[], string[]]>([
    [
      'of a request: the groups that are asked',
      told(event('escalation.requested')),
      ['asked → oncall@example.com', 'asked → https://hooks.example/writ'],
    ],
    [
      'of a late reminder: the group that is waited for',
      told(event('escalation.reminded', { step: 'late', group: 'oncall' })),
      ['reminder → oncall@example.com', 'reminder → https://hooks.example/writ'],
    ],
    ['of the first reminder: nobody', told(event('escalation.reminded', { step: 'half', group: 'oncall' })), []],
    [
      'of deputies being asked: the deputies',
      told(event('escalation.deputy_asked', { group: 'oncall', deputy: 'platform' })),
      ['deputy_asked → platform@example.com'],
    ],
    [
      'of a decision: the groups that were asked',
      told(event('escalation.approved'), decided, false),
      ['approved → oncall@example.com', 'approved → https://hooks.example/writ'],
    ],
    [
      'of the end of the window: the same',
      told(event('escalation.lapsed'), pendingRefund({ status: 'lapsed' }), false),
      ['lapsed → oncall@example.com', 'lapsed → https://hooks.example/writ'],
    ],
    [
      'of a revocation: they and the resource’s owners, each place once',
      told(event('grant.revoked'), decided, false),
      ['revoked → oncall@example.com', 'revoked → https://hooks.example/writ', 'revoked → owners@example.com'],
    ],
    [
      'of break-glass: everyone who was passed over',
      told(event('break_glass.used', { skipped: ['platform'] }), byPolicy, false),
      [
        'break_glass_used → owners@example.com',
        'break_glass_used → oncall@example.com',
        'break_glass_used → platform@example.com',
      ],
    ],
    [
      'of what policy decided alone: nobody',
      [...told(event('escalation.requested'), byPolicy), ...told(event('escalation.approved'), byPolicy)],
      [],
    ],
    [
      'of a denial by policy: nobody',
      told(
        event('escalation.denied'),
        pendingRefund({ denial: { by: 'policy', code: 'x', reason: '', next: { action: 'none' } } }),
      ),
      [],
    ],
    ['to decide what is decided already: nobody', told(event('escalation.requested'), decided, false), []],
  ])('%s', (_rule, found, expected) => {
    expect(found).toEqual(expected);
  });
});

it('a notice has the exact calls and no free text of the agent', () => {
  const [addressed] = noticesOf(
    { escalation: pendingRefund(), asksPeople: true },
    [event('escalation.requested')],
    registry,
    ISSUER,
  );
  expect(addressed?.notice).toMatchObject({ ...NOTICE, id: 'evt_escalation.requested' });
  expect(JSON.stringify(addressed)).not.toContain('evil');
});

it('a mail says what is asked in the operator’s words and exactly, what policy reads first', () => {
  expect(textOf(NOTICE)).toContain(
    [
      'Support bot: Refund 40.00 EUR for order 8812',
      '',
      'Call 1:    refund.create [HIGH]',
      '           identifier: order/8812',
      '           amount 4000 (40.00 EUR)',
      '           order "8812"',
    ].join('\n'),
  );
});

it('a value that would be an address is no link in a mail, begins no line and gets into no header', () => {
  const evil = 'https://evil.example/a\r\nBcc: eve@evil.example\nApproved.\n';
  const [call] = NOTICE.calls;
  const said = { name: 'order', title: null, value: evil, shown: null, readByPolicy: true };
  const hostile = { ...NOTICE, calls: [{ ...call!, identifier: 'https://evil.example/', arguments: [said] }] };
  const text = textOf(hostile);
  expect(text.match(/https?:\/\/\S+/g)).toEqual(textOf(NOTICE).match(/https?:\/\/\S+/g));
  expect(text).toContain('identifier: https[:]//evil[.]example/');
  expect(text.split('\n').filter((line) => line.includes('evil') && !line.startsWith('           '))).toEqual([]);
  expect(text).not.toMatch(/\w@\w|^(Bcc|Approved)/m);
  expect(subjectOf(hostile)).toBe(subjectOf(NOTICE));
});

it('a mail shortens what is long and counts the calls that it leaves to the page', () => {
  const [call] = NOTICE.calls;
  const said = { name: 'note', title: null, value: 'x'.repeat(4_000), shown: null, readByPolicy: true };
  const text = textOf({ ...NOTICE, calls: Array.from({ length: 20 }, () => ({ ...call!, arguments: [said] })) });
  expect(text).toContain('and 15 more, on the page');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(300);
});

it('a mail has one link and no way to decide; its subject names configured things alone', () => {
  expect(subjectOf(NOTICE)).toBe('[Writ] Approval wanted: Support bot on Payments');
  expect(textOf(NOTICE).match(/https?:\/\/\S+/g)).toEqual([
    'https://payments.example)',
    'https://writ.example/escalations/esc_1',
  ]);
});

const SAID = {
  ...NOTICE.calls[0],
  actions: [{ action: 'refund.create', sentence: 'Refund 40.00 EUR for order 8812' }],
};

it('a webhook’s body is an event that names its source, its subject and itself', () => {
  expect(cloudEvent(NOTICE, ISSUER, (call) => call)).toMatchObject({
    specversion: '1.0',
    id: 'evt_1',
    source: ISSUER,
    type: 'writ.escalation.requested',
    subject: 'esc_1',
    datacontenttype: 'application/json',
    data: {
      kind: 'asked',
      group: 'oncall',
      url: `${ISSUER}/escalations/esc_1`,
      expires_at: NOTICE.expiresAt,
      calls: [SAID],
    },
  });
});
