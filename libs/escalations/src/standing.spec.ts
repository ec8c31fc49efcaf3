import { describe, expect, it } from '@jest/globals';
import type { EscalationRow } from './rows/escalation.js';
import type { GrantAbove, GrantRow } from './rows/grant.js';
import {
  endsAboveAt,
  endWithinSeal,
  escalationStanding,
  grantStanding,
  silenceOf,
  tokenLive,
  usesRemaining,
} from './standing.js';
import { escalationRow, grantAbove, grantRow } from './testing/rows.js';

const NOW = 1_000_000;
const escalation = (more: Partial<EscalationRow> = {}): EscalationRow => escalationRow({ deadline: NOW + 1, ...more });
const grant = (more: Partial<GrantRow> = {}): GrantRow =>
  grantRow({
    status: 'active',
    readyUntil: NOW - 500,
    expiresAt: NOW + 100,
    activatedAt: NOW - 1_000,
    ...more,
  });
const ready = (more: Partial<GrantRow> = {}): GrantRow =>
  grant({ status: 'ready', readyUntil: NOW + 100, expiresAt: null, ...more });

describe('an escalation that nobody has written about', () => {
  it('is pending until its deadline, and lapsed from that instant on', () => {
    expect(escalationStanding(escalation(), NOW)).toEqual({ status: 'pending', decidedAt: null });
    expect(escalationStanding(escalation({ deadline: NOW }), NOW)).toEqual({ status: 'lapsed', decidedAt: NOW });
    expect(escalationStanding(escalation({ deadline: NOW - 60_000 }), NOW)).toEqual({
      status: 'lapsed',
      decidedAt: NOW - 60_000,
    });
  });

  it('is cancelled when its agent was suspended', () => {
    expect(escalationStanding(escalation({ barredAt: NOW - 5 }), NOW)).toEqual({
      status: 'cancelled',
      decidedAt: NOW - 5,
    });
  });

  it('stays lapsed when its agent was suspended after the deadline', () => {
    expect(escalationStanding(escalation({ deadline: NOW - 10, barredAt: NOW - 5 }), NOW).status).toBe('lapsed');
  });

  it.each(['approved', 'denied', 'cancelled', 'lapsed'] as const)(
    'stays %s, whatever time and suspension say',
    (status) => {
      const row = escalation({ status, decidedAt: NOW - 10, deadline: NOW - 5, barredAt: NOW - 7 });
      expect(escalationStanding(row, NOW)).toEqual({ status, decidedAt: NOW - 10 });
    },
  );
});

describe('a grant that nobody has written about', () => {
  it('is ready until it had to be collected, then expired as not collected', () => {
    expect(grantStanding(ready(), NOW)).toEqual({ status: 'ready', endedAt: null, endReason: null });
    expect(grantStanding(ready({ readyUntil: NOW }), NOW)).toEqual({
      status: 'expired',
      endedAt: NOW,
      endReason: 'not_collected',
    });
  });

  it('is active until its own deadline, then expired by its ttl', () => {
    expect(grantStanding(grant(), NOW)).toEqual({ status: 'active', endedAt: null, endReason: null });
    expect(grantStanding(grant({ expiresAt: NOW }), NOW)).toEqual({
      status: 'expired',
      endedAt: NOW,
      endReason: 'ttl',
    });
  });

  it('is revoked from the instant of a suspension, unless it had expired before', () => {
    expect(grantStanding(grant({ barred: true, barredAt: NOW - 10 }), NOW)).toEqual({
      status: 'revoked',
      endedAt: NOW - 10,
      endReason: 'agent_suspended',
    });
    expect(grantStanding(grant({ barred: true, barredAt: NOW - 10, expiresAt: NOW - 20 }), NOW)).toMatchObject({
      status: 'expired',
      endReason: 'ttl',
    });
    expect(grantStanding(ready({ barred: true, barredAt: NOW - 10 }), NOW)).toMatchObject({
      status: 'revoked',
      endReason: 'agent_suspended',
    });
    expect(grantStanding(ready({ barred: true, barredAt: NOW - 10, readyUntil: NOW - 20 }), NOW)).toMatchObject({
      status: 'expired',
      endReason: 'not_collected',
    });
  });

  it('is revoked from the instant its key was declared compromised, unless it had expired before', () => {
    expect(grantStanding(grant({ keyCompromisedAt: NOW - 10 }), NOW)).toEqual({
      status: 'revoked',
      endedAt: NOW - 10,
      endReason: 'key_compromised',
    });
    expect(grantStanding(grant({ keyCompromisedAt: NOW - 10, expiresAt: NOW - 20 }), NOW)).toMatchObject({
      status: 'expired',
      endReason: 'ttl',
    });
  });

  it('ends with the first of what ended it, so that nothing later moves its end', () => {
    const killed = { killedAt: NOW - 20, keyCompromisedAt: NOW - 15 };
    const first = { status: 'revoked', endedAt: NOW - 20, endReason: 'revoked_by_person' };
    expect(grantStanding(grant(killed), NOW)).toEqual(first);
    expect(grantStanding(grant({ ...killed, barred: true, barredAt: NOW - 10, restoredAt: NOW - 5 }), NOW)).toEqual(
      first,
    );
  });

  it.each(['completed', 'expired', 'revoked'] as const)('stays %s for the reason it ended for', (status) => {
    const row = grant({ status, endedAt: NOW - 50, endReason: 'done', barred: true, barredAt: NOW - 60 });
    expect(grantStanding(row, NOW)).toEqual({ status, endedAt: NOW - 50, endReason: 'done' });
  });
});

describe('a grant that must be heard of', () => {
  const beating = (more: Partial<GrantRow> = {}): GrantRow =>
    grant({ heartbeatSeconds: 10, activatedAt: NOW - 19_999, expiresAt: NOW + 60_000, ...more });

  it('ends at the second missed sign of life, counted from its collection or the last one', () => {
    expect(grantStanding(beating(), NOW).status).toBe('active');
    expect(silenceOf(beating())).toBe(NOW + 1);
    expect(grantStanding(beating(), NOW + 1)).toEqual({ status: 'expired', endedAt: NOW + 1, endReason: 'silence' });
    expect(grantStanding(beating({ heardAt: NOW }), NOW + 19_999).status).toBe('active');
    expect(grantStanding(beating({ heardAt: NOW }), NOW + 20_000)).toMatchObject({ endReason: 'silence' });
  });

  it('waits unheard to be collected, and ends by its deadline when that comes first', () => {
    expect(grantStanding(ready({ heartbeatSeconds: 10, activatedAt: null }), NOW + 99).status).toBe('ready');
    expect(grantStanding(beating({ expiresAt: NOW }), NOW + 5)).toMatchObject({ endedAt: NOW, endReason: 'ttl' });
  });

  it('stays silent when its agent was suspended, or its key declared compromised, after that', () => {
    const late = { barred: true, barredAt: NOW + 2, keyCompromisedAt: NOW + 2 };
    expect(grantStanding(beating(late), NOW + 3)).toMatchObject({ status: 'expired', endReason: 'silence' });
  });
});

describe('a token may be used', () => {
  const token = { endedAt: null, expiresAt: NOW + 50 };

  it('while its grant is active, it has not ended or expired and uses are left', () =>
    expect(tokenLive(token, grant({ maxUses: 2, uses: 1 }), NOW)).toBe(true));

  it.each<[string, { endedAt: number | null; expiresAt: number }, GrantRow]>([
    ['the token has ended', { ...token, endedAt: NOW - 1 }, grant()],
    ['the token expires now', { ...token, expiresAt: NOW }, grant()],
    ['the grant expires now', token, grant({ expiresAt: NOW })],
    ['the grant waits to be collected', token, ready()],
    ['the grant was completed', token, grant({ status: 'completed', endedAt: NOW - 1, endReason: 'done' })],
    ['the agent was suspended', token, grant({ barred: true, barredAt: NOW - 1 })],
    ['its key is compromised', token, grant({ keyCompromisedAt: NOW - 1 })],
    ['a kill switch ended it', token, grant({ killedAt: NOW - 1 })],
    ['it is used up', token, grant({ maxUses: 1, uses: 1 })],
  ])('but not when %s', (_name, held, row) => expect(tokenLive(held, row, NOW)).toBe(false));

  it('as often as was granted; null is without end', () => {
    expect(usesRemaining(grant())).toBeNull();
    expect(usesRemaining(grant({ maxUses: 3, uses: 1 }))).toBe(2);
    expect(usesRemaining(grant({ maxUses: 3, uses: 3 }))).toBe(0);
  });
});

describe('a collected grant', () => {
  const sealed = (more: Partial<GrantRow>) => {
    const row = grant(more);
    return { ...row, granted: { ...row.granted, ttl: 60 } };
  };

  it.each([
    ['when it is written to end', { expiresAt: NOW + 5, readyUntil: NOW + 90 }, NOW + 5],
    ['a whole life from now at most', { expiresAt: NOW + 86_400_000, readyUntil: NOW + 90 }, NOW + 60_000],
    ['a whole life after it had to be collected', { expiresAt: NOW + 86_400_000, readyUntil: NOW - 9 }, NOW + 59_991],
    ['now, when nothing is written', { expiresAt: null, readyUntil: NOW + 90 }, NOW],
  ])('may live until %s', (_when, row, end) => expect(endWithinSeal(sealed(row), NOW)).toBe(end));
});

describe('what was handed on', () => {
  const above = (more: Partial<GrantAbove> = {}): GrantAbove =>
    grantAbove({ ...grant({ expiresAt: NOW + 200 }), ...more });
  const child = (...grants: GrantAbove[]): GrantRow => grant({ createdAt: NOW - 900, above: grants });
  const ended = (endedAt: number) => ({ status: 'revoked', endedAt, endReason: 'parent_ended' });

  it('lives while all grants above it do', () => {
    expect(grantStanding(child(above(), above()), NOW).status).toBe('active');
    expect(tokenLive({ endedAt: null, expiresAt: NOW + 1 }, child(above()), NOW)).toBe(true);
  });

  it.each([
    ['was completed', above({ status: 'completed', endedAt: NOW - 5, endReason: 'done' })],
    ['is barred with its agent', above({ barred: true, barredAt: NOW - 5 })],
    ['was signed for by a compromised key', above({ keyCompromisedAt: NOW - 5 })],
    ['was killed', above({ killedAt: NOW - 5 })],
    ['was ended by the review of a restore', above({ restoredAt: NOW - 5 })],
    ['fell silent', above({ heartbeatSeconds: 10, activatedAt: NOW - 20_005 })],
    ['has run out', above({ expiresAt: NOW - 5 })],
  ])('ends at the instant at which the first grant above it %s', (_how, over) => {
    const later = above({ status: 'completed', endedAt: NOW - 1, endReason: 'done' });
    expect(grantStanding(child(later, over), NOW)).toEqual(ended(NOW - 5));
    expect(grantStanding(ready({ createdAt: NOW - 900, above: [over] }), NOW)).toEqual(ended(NOW - 5));
    expect(tokenLive({ endedAt: null, expiresAt: NOW + 1 }, child(over), NOW)).toBe(false);
    expect(escalationStanding(escalation({ createdAt: NOW - 900, above: [over] }), NOW)).toEqual({
      status: 'cancelled',
      decidedAt: NOW - 5,
    });
  });

  it('keeps an end of its own that came before, or at the same instant', () => {
    const over = above({ status: 'completed', endedAt: NOW - 5, endReason: 'done' });
    expect(grantStanding(grant({ createdAt: 0, expiresAt: NOW - 5, above: [over] }), NOW)).toMatchObject({
      status: 'expired',
      endReason: 'ttl',
    });
    expect(grantStanding(grant({ createdAt: 0, expiresAt: NOW - 4, above: [over] }), NOW)).toEqual(ended(NOW - 5));
    const written = grant({ status: 'completed', endedAt: NOW - 1, endReason: 'done', above: [over] });
    expect(grantStanding(written, NOW)).toEqual({ status: 'completed', endedAt: NOW - 1, endReason: 'done' });
  });

  it('never ends before there was anything of it', () => {
    const over = above({ status: 'completed', endedAt: NOW - 5, endReason: 'done' });
    expect(grantStanding(grant({ createdAt: NOW - 2, above: [over] }), NOW)).toEqual(ended(NOW - 2));
  });

  it('ends by itself with the first of them', () => {
    expect(endsAboveAt({ above: [above({ expiresAt: NOW + 9 }), above({ expiresAt: NOW + 7 })] })).toBe(NOW + 7);
    expect(endsAboveAt({ above: [] })).toBeNull();
  });
});
