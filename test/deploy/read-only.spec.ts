import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalSlack } from '../../packages/local-slack/src/server.js';
import { Caller, refundAsk } from '../harness/actors/agent.js';
import { startSlack } from '../harness/brokers/broker.js';
import { SlackDriver } from '../harness/actors/person.js';
import { spawnBroker, type BrokerProcess } from '../harness/brokers/process.js';
import { until } from '../harness/judges/until.js';
import { makeWorld, type World } from '../harness/world/world.js';

// The image's root file system is read-only. No container runs here: Node's permission model refuses the same writes,
// those to /tmp too, and starting other programs besides.
const FLAG = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
const dataDir = mkdtempSync(join(tmpdir(), 'writ-data-'));
const NODE_OPTIONS = `${FLAG} --allow-fs-read=* --allow-fs-write=${dataDir}/*`;

describe('a broker that may write to its data folder alone', () => {
  let world: World;
  let slack: LocalSlack;
  let broker: BrokerProcess;

  beforeAll(async () => {
    world = await makeWorld();
    slack = await startSlack();
    broker = await spawnBroker(world, slack, {
      roles: 'api,worker,slack,console',
      extra: { WRIT_DATA_DIR: dataDir, NODE_OPTIONS },
    });
    slack.setRequestUrl(`${broker.base}/slack/events`);
  });
  afterAll(async () => {
    await broker?.kill();
    await slack?.close();
    await world?.remove();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is held to it', () => {
    const write = (path: string): string =>
      spawnSync(process.execPath, ['-e', `require('node:fs').writeFileSync(${JSON.stringify(path)}, '')`], {
        env: { NODE_OPTIONS },
        encoding: 'utf8',
      }).stderr;
    expect(write(join(tmpdir(), 'writ-not-here'))).toContain('ERR_ACCESS_DENIED');
    expect(write(join(dataDir, 'here'))).not.toContain('ERR_ACCESS_DENIED');
  });

  it('serves the whole way from ask to use, and ends well', async () => {
    const agent = new Caller(world, broker.issuer, 'support-bot', broker.base);
    const asked = await agent.ask(refundAsk());
    const { ts } = await new SlackDriver({ slack }).card(String(asked.body.id));
    await new SlackDriver({ slack }).click('U0002', ts, 'writ_approve');
    const status = async (): Promise<unknown> => (await agent.get(`/v1/escalations/${asked.body.id}`)).body.status;
    await until('it is approved', async () => (await status()) === 'approved');
    const token = String((await agent.redeem(String(asked.body.continuation.deferral_code))).body.access_token);
    const verifier = new Caller(world, broker.issuer, 'payments-api', broker.base);
    expect((await verifier.introspect(token)).body).toMatchObject({ active: true });
    expect((await fetch(`${broker.base}/`)).status).toBe(200);
    expect(await broker.stop()).toBe(0);
    expect(broker.logged.join('')).not.toContain('ERR_ACCESS_DENIED');
    expect(readdirSync(dataDir)).toContain('high-water.json');
  });
});
