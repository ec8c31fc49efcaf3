import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writ } from '../../../apps/cli/src/testing/terminal.js';
import type { Session } from '../../../apps/cli/src/testing/terminal.js';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import { approvedRefund, collectedRefund, created } from '../../harness/world/stage.js';
import { setServedStage, type ServedStage } from '../../harness/world/serving-role.js';
import { BASE_POLICIES, type Config } from '../../harness/world/world.js';

let stage: ServedStage;
let held: string;
let ready: string;
let read: string;

/** Reads ask people, and refunds are closed. */
const TIGHTER = `${BASE_POLICIES.replace(
  '@id("reads") @outcome("allow") @max_ttl("600")',
  '@id("reads") @outcome("require_approval") @approvers("oncall")',
)}
@id("no-refunds") @reason("Refunds are closed.")
forbid (principal, action == Writ::Action::"refund.create", resource);
`;
const without = (id: string) => (config: Config) => {
  for (const group of config.groups)
    group['members'] = (group['members'] as string[]).filter((member) => member !== id);
};

/** The command line of an operator who has what a broker has: the serving role and the master key. */
function run(...argv: string[]): Promise<Session> {
  const { world } = stage;
  return writ(argv, {
    DATABASE_URL: stage.url,
    WRIT_MASTER_KEY: world.masterKey,
    WRIT_CONFIG: world.configDir,
    WRIT_DATA_DIR: world.configDir,
  });
}

/** What an apply would add to; the worker beside it writes of cards alone. */
async function counted(): Promise<unknown> {
  const { rows } = await stage.world.database.pool.query(
    `select (select count(*) from "events" where "type" not like 'card.%') as "events",
       (select count(*) from "config_versions") as "configurations", (select count(*) from "broken_seals") as "broken",
       (select count(*) from "outbox" where "topic" = 'policy.reevaluate') as "asked"`,
  );
  return rows;
}

beforeAll(async () => {
  stage = await setServedStage();
  held = (await collectedRefund(stage)).grant;
  ready = (await approvedRefund(stage, { task: { id: 'run-2' } })).grant;
  read = ((await stage.caller('support-bot').ask(readAsk())).body.grant as { id: string }).id;
  created(await stage.caller('rival-bot').ask(refundAsk('9')), 202);
}, 60_000);
afterAll(() => stage?.close());

describe('apply --dry-run', () => {
  it('shows each policy as a diff, and what becomes of grants and of requests, with the serving role', async () => {
    stage.world.writeConfig((config) => void (config.limits.creates_per_minute = 4_000), TIGHTER);
    const before = await counted();
    const { exit, out, remarks } = await run('apply', '--dry-run');
    expect({ exit, remarks }).toEqual({ exit: 0, remarks: 'Nothing was changed: this was a dry run.' });
    expect(await counted()).toEqual(before);
    expect(out).toContain('policy changed all.cedar\nlimits changed\n');
    expect(out).toContain('--- a/policies/all.cedar#reads\n+++ b/policies/all.cedar#reads\n');
    expect(out).toContain(
      '\n-@id("reads") @outcome("allow") @max_ttl("600")\n+@id("reads") @outcome("require_approval") @approvers("oncall")\n',
    );
    expect(out).toContain('\n+@id("no-refunds") @reason("Refunds are closed.")\n');
    expect(out).toContain('\nlimits\n  creates_per_minute: 5000 → 4000\n');
    expect(out).toContain(
      'live grants: would stop 3 of 3: 3 are not used, renewed or collected any more (on_policy_change: new_uses)',
    );
    for (const grant of [held, ready, read])
      expect(out).toContain(`  ${grant}  support-bot on https://payments.example`);
    expect(out).toContain('open requests: none of 1 would be cancelled');
    expect(out).toContain('requests: of the last 4 requests, 4 would come out otherwise than under what is in force');
    expect(out).toMatch(/asks people +denied +3\n/);
    expect(out).toMatch(/allowed +asks people +1\n/);
    expect(out).toMatch(/esc_\w+ {2}support-bot payment.read: allowed → asks people \(reads\)/);
  });

  it('judges by the people of the next configuration, not of the one in force', async () => {
    stage.world.writeConfig(without('bob'));
    const { out } = await run('apply', '--dry-run');
    // Bob approved both refunds; nobody approved the read.
    expect(out).toContain('group changed oncall\n');
    expect(out).toContain('oncall\n  members.bob: removed\n');
    expect(out).toContain('live grants: would stop 2 of 3');
    expect(out).not.toContain(read);
    expect(out).toContain('requests: of the last 4 requests, none would come out otherwise');
  });

  it('tells the same outcome on other terms from another outcome', async () => {
    stage.world.writeConfig(() => undefined, BASE_POLICIES.replace('@max_uses("5")', '@max_uses("4")'));
    const { out } = await run('apply', '--dry-run');
    expect(out).toMatch(/asks people +the same, on other terms +3\n/);
    expect(out).toContain('live grants: would stop none of 3');
  });

  it('says what leaves the catalogue, and which requests end with it', async () => {
    stage.world.writeConfig(
      (config) => {
        const [payments] = config.resources;
        const { 'refund.create': _refund, ...actions } = payments?.['actions'] as Record<string, unknown>;
        Object.assign(payments ?? {}, { actions });
      },
      BASE_POLICIES.replace(/@id\("refunds"\)[^;]*;/, ''),
    );
    const { out } = await run('apply', '--dry-run');
    expect(out).toContain('resource https://payments.example\n  actions.refund.create: removed\n');
    expect(out).toContain('live grants: would stop 2 of 3: 2 are refused, since the catalogue does not have them so');
    expect(out).toContain('open requests: would cancel 1 of 1');
    expect(out).toMatch(/asks people +not in the catalogue +3\n/);
  });

  it('of what is in force has nothing to change', async () => {
    stage.world.writeConfig(() => undefined);
    expect(await run('apply', '--dry-run')).toEqual({ exit: 0, out: 'nothing to change', remarks: '' });
  });
});

describe('apply', () => {
  it('says what it has stopped and cancelled', async () => {
    stage.world.writeConfig((config) => {
      Object.assign(config.limits, { on_policy_change: 'live' });
      without('rival-bot')(config);
      config.agents = config.agents.filter(({ id }) => id !== 'rival-bot');
    }, TIGHTER);
    const { exit, out } = await run('apply');
    expect(exit).toBe(0);
    expect(out).toContain('agent retired rival-bot\n');
    expect(out).toContain('live grants: stopped 3 of 3: 3 end (on_policy_change: live)\n');
    expect(out).toContain('open requests: cancelled 1 request');
  });
});
