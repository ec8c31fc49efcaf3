import { describe, expect, it } from '@jest/globals';
import type { EscalationRow } from './rows/escalation.js';
import type { AncestorGrant, GrantRow } from './rows/grant.js';
import {
  ancestorsEndAt,
  endWithinSeal,
  escalationState,
  grantState,
  heartbeatDeadline,
  isTokenUsable,
  usesRemaining,
} from './state-now.js';
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
    expect(escalationState(escalation(), NOW)).toEqual({ status: 'pending', decidedAt: null });
    expect(escalationState(escalation({ deadline: NOW }), NOW)).toEqual({ status: 'lapsed', decidedAt: NOW });
    expect(escalationState(escalation({ deadline: NOW - 60_000 }), NOW)).toEqual({
      status: 'lapsed',
      decidedAt: NOW - 60_000,
    });
  });

  it('is cancelled when its agent was suspended', () => {
    expect(escalationState(escalation({ barredAt: NOW - 5 }), NOW)).toEqual({
      status: 'cancelled',
      decidedAt: NOW - 5,
    });
  });

  it('stays lapsed when its agent was suspended after the deadline', () => {
    expect(escalationState(escalation({ deadline: NOW - 10, barredAt: NOW - 5 }), NOW).status).toBe('lapsed');
  });

  it.each(['approved', 'denied', 'cancelled', 'lapsed'] as const)(
    'stays %s, whatever time and suspension say',
    (status) => {
      const row = escalation({ status, decidedAt: NOW - 10, deadline: NOW - 5, barredAt: NOW - 7 });
      expect(escalationState(row, NOW)).toEqual({ status, decidedAt: NOW - 10 });
    },
  );
});

describe('a grant that nobody has written about', () => {
  it('is ready until it had to be collected, then expired as not collected', () => {
    expect(grantState(ready(), NOW)).toEqual({ status: 'ready', endedAt: null, endReason: null });
    expect(grantState(ready({ readyUntil: NOW }), NOW)).toEqual({
      status: 'expired',
      endedAt: NOW,
      endReason: 'not_collected',
    });
  });

  it('is active until its own deadline, then expired by its ttl', () => {
    expect(grantState(grant(), NOW)).toEqual({ status: 'active', endedAt: null, endReason: null });
    expect(grantState(grant({ expiresAt: NOW }), NOW)).toEqual({
      status: 'expired',
      endedAt: NOW,
      endReason: 'ttl',
    });
  });

  it('is revoked from the instant of a suspension, unless it had expired before', () => {
    expect(grantState(grant({ barred: true, barredAt: NOW - 10 }), NOW)).toEqual({
      status: 'revoked',
      endedAt: NOW - 10,
      endReason: 'agent_suspended',
    });
    expect(grantState(grant({ barred: true, barredAt: NOW - 10, expiresAt: NOW - 20 }), NOW)).toMatchObject({
      status: 'expired',
      endReason: 'ttl',
    });
    expect(grantState(ready({ barred: true, barredAt: NOW - 10 }), NOW)).toMatchObject({
      status: 'revoked',
      endReason: 'agent_suspended',
    });
    expect(grantState(ready({ barred: true, barredAt: NOW - 10, readyUntil: NOW - 20 }), NOW)).toMatchObject({
      status: 'expired',
      endReason: 'not_collected',
    });
  });

  it('is revoked from the instant its key was declared compromised, unless it had expired before', () => {
    expect(grantState(grant({ keyCompromisedAt: NOW - 10 }), NOW)).toEqual({
      status: 'revoked',
      endedAt: NOW - 10,
      endReason: 'key_compromised',
    });
    expect(grantState(grant({ keyCompromisedAt: NOW - 10, expiresAt: NOW - 20 }), NOW)).toMatchObject({
      status: 'expired',
      endReason: 'ttl',
    });
  });

  it('ends with the first of what ended it, so that nothing later moves its end', () => {
    const killed = { killedAt: NOW - 20, keyCompromisedAt: NOW - 15 };
    const first = { status: 'revoked', endedAt: NOW - 20, endReason: 'revoked_by_person' };
    expect(grantState(grant(killed), NOW)).toEqual(first);
    expect(grantState(grant({ ...killed, barred: true, barredAt: NOW - 10, restoredAt: NOW - 5 }), NOW)).toEqual(first);
  });

  it.each(['completed', 'expired', 'revoked'] as const)('stays %s for the reason it ended for', (status) => {
    const row = grant({ status, endedAt: NOW - 50, endReason: 'done', barred: true, barredAt: NOW - 60 });
    expect(grantState(row, NOW)).toEqual({ status, endedAt: NOW - 50, endReason: 'done' });
  });
});

describe('a grant that must be heard of', () => {
  const beating = (more: Partial<GrantRow> = {}): GrantRow =>
    grant({ heartbeatSeconds: 10, activatedAt: NOW - 19_999, expiresAt: NOW + 60_000, ...more });

  it('ends at the second missed sign of life, counted from its collection or the last one', () => {
    expect(grantState(beating(), NOW).status).toBe('active');
    expect(heartbeatDeadline(beating())).toBe(NOW + 1);
    expect(grantState(beating(), NOW + 1)).toEqual({ status: 'expired', endedAt: NOW + 1, endReason: 'silence' });
    expect(grantState(beating({ lastHeartbeatAt: NOW }), NOW + 19_999).status).toBe('active');
    expect(grantState(beating({ lastHeartbeatAt: NOW }), NOW + 20_000)).toMatchObject({ endReason: 'silence' });
  });

  it('waits unheard to be collected, and ends by its deadline when that comes first', () => {
    expect(grantState(ready({ heartbeatSeconds: 10, activatedAt: null }), NOW + 99).status).toBe('ready');
    expect(grantState(beating({ expiresAt: NOW }), NOW + 5)).toMatchObject({ endedAt: NOW, endReason: 'ttl' });
  });

  it('stays silent when its agent was suspended, or its key declared compromised, after that', () => {
    const late = { barred: true, barredAt: NOW + 2, keyCompromisedAt: NOW + 2 };
    expect(grantState(beating(late), NOW + 3)).toMatchObject({ status: 'expired', endReason: 'silence' });
  });
});

describe('a token may be used', () => {
  const token = { endedAt: null, expiresAt: NOW + 50 };

  it('while its grant is active, it has not ended or expired and uses are left', () =>
    expect(isTokenUsable(token, grant({ maxUses: 2, uses: 1 }), NOW)).toBe(true));

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
  ])('but not when %s', (_name, held, row) => expect(isTokenUsable(held, row, NOW)).toBe(false));

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
  const ancestors = (more: Partial<AncestorGrant> = {}): AncestorGrant =>
    grantAbove({ ...grant({ expiresAt: NOW + 200 }), ...more });
  const child = (...grants: AncestorGrant[]): GrantRow => grant({ createdAt: NOW - 900, ancestors: grants });
  const ended = (endedAt: number) => ({ status: 'revoked', endedAt, endReason: 'parent_ended' });

  it('lives while all grants above it do', () => {
    expect(grantState(child(ancestors(), ancestors()), NOW).status).toBe('active');
    expect(isTokenUsable({ endedAt: null, expiresAt: NOW + 1 }, child(ancestors()), NOW)).toBe(true);
  });

  it.each([
    ['was completed', ancestors({ status: 'completed', endedAt: NOW - 5, endReason: 'done' })],
    ['is barred with its agent', ancestors({ barred: true, barredAt: NOW - 5 })],
    ['was signed for by a compromised key', ancestors({ keyCompromisedAt: NOW - 5 })],
    ['was killed', ancestors({ killedAt: NOW - 5 })],
    ['was ended by the review of a restore', ancestors({ restoredAt: NOW - 5 })],
    ['fell silent', ancestors({ heartbeatSeconds: 10, activatedAt: NOW - 20_005 })],
    ['has run out', ancestors({ expiresAt: NOW - 5 })],
  ])('ends at the instant at which the first grant above it %s', (_how, over) => {
    const later = ancestors({ status: 'completed', endedAt: NOW - 1, endReason: 'done' });
    expect(grantState(child(later, over), NOW)).toEqual(ended(NOW - 5));
    expect(grantState(ready({ createdAt: NOW - 900, ancestors: [over] }), NOW)).toEqual(ended(NOW - 5));
    expect(isTokenUsable({ endedAt: null, expiresAt: NOW + 1 }, child(over), NOW)).toBe(false);
    expect(escalationState(escalation({ createdAt: NOW - 900, ancestors: [over] }), NOW)).toEqual({
      status: 'cancelled',
      decidedAt: NOW - 5,
    });
  });

  it('keeps an end of its own that came before, or at the same instant', () => {
    const over = ancestors({ status: 'completed', endedAt: NOW - 5, endReason: 'done' });
    expect(grantState(grant({ createdAt: 0, expiresAt: NOW - 5, ancestors: [over] }), NOW)).toMatchObject({
      status: 'expired',
      endReason: 'ttl',
    });
    expect(grantState(grant({ createdAt: 0, expiresAt: NOW - 4, ancestors: [over] }), NOW)).toEqual(ended(NOW - 5));
    const written = grant({ status: 'completed', endedAt: NOW - 1, endReason: 'done', ancestors: [over] });
    expect(grantState(written, NOW)).toEqual({ status: 'completed', endedAt: NOW - 1, endReason: 'done' });
  });

  it('never ends before there was anything of it', () => {
    const over = ancestors({ status: 'completed', endedAt: NOW - 5, endReason: 'done' });
    expect(grantState(grant({ createdAt: NOW - 2, ancestors: [over] }), NOW)).toEqual(ended(NOW - 2));
  });

  it('ends by itself with the first of them', () => {
    expect(ancestorsEndAt({ ancestors: [ancestors({ expiresAt: NOW + 9 }), ancestors({ expiresAt: NOW + 7 })] })).toBe(
      NOW + 7,
    );
    expect(ancestorsEndAt({ ancestors: [] })).toBeNull();
  });
});
