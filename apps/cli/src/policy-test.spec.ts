import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '#platform/root.js';
import { writ, type Session } from './testing/terminal.js';

const REFUND = `
    agent: support-bot
    resource: https://payments.example
    authorization_details: [{ type: tool_call, actions: [refund.create], arguments: { order: '1', amount: 100 } }]`;

describe('policy test', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'writ-policies-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function run(cases: string): Promise<Session> {
    const file = join(folder, 'cases.yaml');
    writeFileSync(file, cases);
    return writ(['policy', 'test', file], { WRIT_DATA_DIR: folder });
  }

  it('passes the cases of the sample, which meet every policy of it', async () => {
    const { exit, out, remarks } = await writ(['policy', 'test'], { WRIT_DATA_DIR: folder });
    expect(out).toMatch(/\n\d+ cases, all passed$/);
    expect({ exit, remarks }).toEqual({ exit: 0, remarks: '' });
  });

  it('fails a case whose answer is another, and says which policies gave it', async () => {
    const { exit, out } = await run(`cases:
  - name: refunds need nobody${REFUND}
    expect: { outcome: allow, max_ttl: null }`);
    expect(exit).toBe(1);
    expect(out.split('\n').slice(1)).toEqual([
      '  FAIL  refunds need nobody',
      '        outcome: expected allow, got require_approval',
      '        max_ttl: expected none, got 300',
      '        because of refunds-need-the-oncall',
      '1 case, 1 failed',
    ]);
  });

  it('compares lists as sets', async () => {
    const { exit } = await run(`cases:
  - name: two groups
    agent: support-bot
    resource: https://payments.example
    authorization_details: [{ type: tool_call, actions: [ledger.export], arguments: { period: 2026-01 } }]
    expect: { outcome: require_approval, gates: [{ group: security }, { group: payments-oncall }] }`);
    expect(exit).toBe(0);
  });

  it('fails a case that no agent could ask, with the reason an agent would get', async () => {
    const { exit, out } = await run(`cases:
  - name: too much
    agent: support-bot
    resource: https://payments.example
    authorization_details: [{ type: tool_call, actions: [refund.create], arguments: { order: '1', amount: 0 } }]
    expect: { outcome: deny }
  - name: unknown
    agent: support-bot
    resource: https://nothing.example
    authorization_details: [{ type: tool_call, actions: [refund.create] }]
    expect: { outcome: deny }
  - name: too long
    agent: support-bot
    resource: https://payments.example
    authorization_details: [{ type: tool_call, actions: [payment.read] }]
    requested_ttl: 99999
    expect: { outcome: allow }`);
    expect(exit).toBe(1);
    expect(out).toContain('(out_of_range): The arguments do not fit the schema of the action.');
    expect(out).toContain('/authorization_details/0/arguments/amount: out_of_range');
    expect(out).toContain('(not_requestable)');
    expect(out).toContain('(out_of_range)');
    expect(out).toMatch(/3 cases, 3 failed$/);
  });

  it('denies where the agent owner leaves too few people to ask, as the broker does', async () => {
    const config = join(folder, 'config');
    cpSync(join(ROOT, 'config/sample'), config, { recursive: true });
    const path = join(config, 'writ.yaml');
    writeFileSync(path, readFileSync(path, 'utf8').replace('members: [carol, dave]', 'members: [dave]'));
    const file = join(folder, 'cases.yaml');
    writeFileSync(
      file,
      `cases:
  - name: only the owner is left
    agent: deploy-bot
    resource: https://deploys.example
    authorization_details: [{ type: tool_call, actions: [deploy.production], arguments: { service: web, ref: v1 } }]
    expect: { outcome: deny, denial: no_eligible_approvers }`,
    );
    const { exit, out } = await writ(['policy', 'test', file, '--config', config], { WRIT_DATA_DIR: folder });
    expect(out).toContain('pass  only the owner is left');
    expect(exit).toBe(0);
  });

  it('refuses a file with unknown keys or wrong values, naming each', async () => {
    const { exit, out, remarks } = await run(`cases:
  - name: misspelt${REFUND}
    at: noon
    facts: { recent_denails: 5 }
    expect: { outcome: maybe, quorum: 2 }`);
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    for (const path of [
      'cases[0].at',
      'cases[0].facts.recent_denails',
      'cases[0].expect.outcome',
      'cases[0].expect.quorum',
    ])
      expect(remarks).toContain(`  - ${path}: `);
  });

  it.each([
    ['', 'the file: must be a mapping'],
    ['cases: []', 'cases: must hold at least one case'],
  ])('refuses a file without cases: %j', async (text, said) => {
    const { exit, remarks } = await run(text);
    expect(exit).toBe(1);
    expect(remarks).toContain(said);
  });
});

describe('policy check', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'writ-policies-'));
    cpSync(join(ROOT, 'config/sample'), join(folder, 'config'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('tells every fault of the policies at once, each with its file and line', async () => {
    const path = join(folder, 'config/policies/1-reads.cedar');
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text
        .replace('@max_ttl("300")', '@max_ttl("forever")')
        .replace('@approvers("payments-oncall")', '@approvers("nobody")'),
    );
    const { exit, out, remarks } = await writ(['policy', 'check', '--config', join(folder, 'config')], {
      WRIT_DATA_DIR: folder,
    });
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(remarks).toMatch(/1-reads\.cedar:\d+ policy "payment-reads-are-pre-authorised": .*max_ttl/);
    expect(remarks).toMatch(/1-reads\.cedar:\d+ policy "payment-reads-past-the-cap": .*nobody/);
  });

  it('tells every fault of writ.yaml at once', async () => {
    const path = join(folder, 'config/writ.yaml');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('roles: [verifier]', 'roles: [watcher]'));
    const { exit, remarks } = await writ(['policy', 'check', '--config', join(folder, 'config')], {
      WRIT_DATA_DIR: folder,
    });
    expect(exit).toBe(1);
    expect(remarks.split('\n').filter((line) => line.includes('roles'))).toHaveLength(3);
  });
});
