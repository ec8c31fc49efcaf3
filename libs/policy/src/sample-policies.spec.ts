import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { PolicyDecision } from '#domain/policy-decision.js';
import { PolicyEngine } from './engine.js';
import { describeFault, isRefusedSet } from './load.js';
import { aQuestion, call, DEPLOYS, sampleCatalog, SECRETS, SUNDAY_NIGHT, type Ask } from './testing/builders.js';

const folder = join(process.cwd(), 'config/sample/policies');
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.cedar'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
const catalog = sampleCatalog();
const engine = PolicyEngine.create(files, catalog);

/** `allow`, `deny <id>` or `ask 1 of group`, with the caps as `<seconds>s` and `<uses>x`, and `signed` for step-up. */
function brief(decision: PolicyDecision): string {
  if (decision.outcome === 'deny') return ['deny', ...decision.determining].join(' ');
  const gates = decision.gates.map((gate) => `${gate.quorum} of ${gate.group}`).join(' + ');
  const caps = [
    decision.maxTtl === null ? '' : ` ${decision.maxTtl}s`,
    decision.maxUses === null ? '' : ` ${decision.maxUses}x`,
    decision.stepUp === 'webauthn' ? ' signed' : '',
  ];
  return `${decision.outcome === 'allow' ? 'allow' : `ask ${gates}`}${caps.join('')}`;
}

const refund = (amount?: number): Ask => ({
  details: [call('refund.create', { order: '1', ...(amount === undefined ? {} : { amount }) })],
});
const note: Ask = { details: [call('payment.annotate', { payment: '1', note: 'seen' })] };
const deploy = (
  action: string,
  more: Ask = {},
  given: Record<string, string> = { service: 'web', ref: 'v2' },
): Ask => ({
  agent: 'deploy-bot',
  resource: DEPLOYS,
  details: [call(action, given)],
  ...more,
});
const drop = (more: Ask = {}): Ask => deploy('database.drop', more, { database: 'orders' });
const secrets = (details: Ask['details'], more: Ask = {}): Ask => ({
  agent: 'deploy-bot',
  resource: SECRETS,
  details,
  ...more,
});
const lastHour = (action: string, count: number): Ask => ({ facts: { granted_last_hour: { [action]: count } } });

describe('the sample policies', () => {
  it('load without fault or warning', () => {
    expect(isRefusedSet(engine) ? engine.map(describeFault) : engine.warnings.map(describeFault)).toEqual([]);
  });

  it.each<[string, Ask, string]>([
    ['a read', {}, 'allow 300s'],
    ['the 30th read in an hour', lastHour('payment.read', 29), 'allow 300s'],
    ['the 31st read in an hour', lastHour('payment.read', 30), 'ask 1 of payments-oncall 300s'],
    ['a note in working hours', note, 'allow 300s 5x'],
    ['a note on Sunday night', { ...note, now: SUNDAY_NIGHT }, 'ask 1 of payments-oncall 300s 1x'],
    ['a note on Sunday night with a ticket', { ...note, now: SUNDAY_NIGHT, ticket: 'OPS-1' }, 'allow 300s 5x'],
    ['a refund', refund(4000), 'ask 1 of payments-oncall 300s 1x'],
    ['a refund of exactly 500.00', refund(50_000), 'ask 1 of payments-oncall 300s 1x'],
    ['a refund above 500.00', refund(50_001), 'ask 2 of payments-oncall 120s 1x'],
    ['a refund of no stated amount', refund(), 'ask 2 of payments-oncall 120s 1x'],
    [
      'a ledger export',
      { details: [call('ledger.export', { period: '2026-10' })] },
      'ask 1 of payments-oncall + 1 of security 300s 1x',
    ],
    [
      'a read and a refund together',
      { details: [call('payment.read'), ...(refund(1).details ?? [])] },
      'ask 1 of payments-oncall 300s 1x',
    ],
    ['a refund asked far down a chain', { ...refund(1), chain: 2 }, 'deny no-high-risk-far-down-a-chain'],
    ['a read after five denials', { facts: { recent_denials: 5 } }, 'deny too-many-denials'],
    ['a read with ten open grants', { facts: { open_grants: 10 } }, 'deny too-many-open-grants'],
    ['a read of payments by the deploy bot', { agent: 'deploy-bot' }, 'deny payments-are-for-support'],
    ['a read of deployments', deploy('deploy.read', { details: [call('deploy.read')] }), 'allow 900s'],
    [
      'a read of deployments by the support bot',
      { resource: DEPLOYS, details: [call('deploy.read')] },
      'deny deployments-are-for-delivery',
    ],
    ['a preview', deploy('deploy.preview'), 'allow 900s 10x'],
    ['a preview of no ref', deploy('deploy.preview', {}, { service: 'web' }), 'deny'],
    ['a production deploy', deploy('deploy.production'), 'ask 1 of platform-oncall 600s 1x'],
    ['a production deploy in an emergency', deploy('deploy.production', { breakGlass: true }), 'allow 120s 1x'],
    ['a database drop', drop(), 'deny no-drop-without-a-ticket'],
    [
      'a database drop with a ticket',
      drop({ ticket: 'OPS-2' }),
      'ask 1 of platform-oncall + 1 of security 60s 1x signed',
    ],
    [
      'a database drop in an emergency',
      drop({ breakGlass: true }),
      'ask 1 of platform-oncall + 1 of security 60s 1x signed',
    ],
    ['a list of secret names', secrets([call('secret.list')]), 'allow 60s 1x'],
    ['the sixth list of secret names', secrets([call('secret.list')], lastHour('secret.list', 5)), 'deny'],
    ['a secret', secrets([call('secret.read', { name: 'db' })]), 'ask 1 of security 60s 1x'],
    [
      'a secret for the support bot',
      secrets([call('secret.read', { name: 'db' })], { agent: 'support-bot' }),
      'deny secrets-are-for-delivery',
    ],
  ])('answer %s', (_, ask, outcome) => {
    expect(isRefusedSet(engine) ? 'refused' : brief(engine.decide(aQuestion(ask)))).toBe(outcome);
  });
});
