import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { PostgresRemindersGiven } from '#persistence/decide/postgres-reminders.js';
import { writ } from '../../../apps/cli/src/testing/terminal.js';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { ageEvents } from '../../harness/world/journal.js';

import {
  startHookReceiver,
  startMailServer,
  type Delivered,
  type HookReceiver,
  type Mail,
  type MailServer,
} from '../../harness/actors/notice-places.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { ageEscalation } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

let hooks: HookReceiver;
let mail: MailServer;
let stage: Stage;
let secret: string;

beforeAll(async () => {
  hooks = await startHookReceiver();
  mail = await startMailServer();
  stage = await setStage(
    (config) => {
      const group = (id: string): Record<string, unknown> => config.groups.find((one) => one['id'] === id) ?? {};
      Object.assign(group('oncall'), {
        deputy: 'security',
        notify: [{ email: 'oncall@example.com' }, { webhook: hooks.url }],
      });
      Object.assign(group('security'), { notify: [{ email: 'security@example.com' }] });
      Object.assign(group('owners'), { notify: [{ email: 'owners@example.com' }] });
    },
    { extra: { WRIT_SMTP_URL: mail.url, WRIT_SMTP_FROM: 'writ@example.com' } },
  );
  const { world } = stage;
  const told = await writ(['webhooks', 'secret', 'oncall'], {
    DATABASE_URL: world.database.url,
    WRIT_MASTER_KEY: world.masterKey,
    WRIT_CONFIG: world.configDir,
  });
  secret = /whsec_\S+/.exec(told.out)?.[0] ?? '';
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(async () => {
  await stage.close();
  await mail.close();
  await hooks.close();
});

const refund = async () => created(await stage.caller('support-bot').ask(refundAsk('8812', { ...WORDS })), 202);
const WORDS = {
  task: { id: 'evil-task', description: 'evil <https://evil.example|click>', ticket: 'EVIL-1' },
  justification: 'evil justification',
};

function mailsOf(id: string): Mail[] {
  return mail.mails.filter(({ text }) => text.includes(id));
}

function hooksOf(id: string): Delivered[] {
  return hooks.deliveries.filter(({ body }) => body.includes(id));
}

/** What a receiver makes of a delivery: verified by the one library, parsed by the other. */
function received({ headers, body }: Delivered) {
  new Webhook(secret).verify(body, headers as Record<string, string>);
  const event = HTTP.toEvent({ headers, body });
  if (Array.isArray(event)) throw new Error('one delivery is one event');
  return event;
}

const kindsOf = (id: string): string[] =>
  hooksOf(id).map((delivery) => (received(delivery).data as { kind: string }).kind);

describe('places outside Slack', () => {
  it('are told of a request with its calls, a link to its page and no free text of the agent', async () => {
    const asked = await refund();
    const [letter] = await until('the mail', () => mailsOf(asked.id).length > 0 && mailsOf(asked.id));
    expect(letter).toMatchObject({
      to: ['oncall@example.com'],
      subject: '[Writ] Approval wanted: Support bot on Payments',
    });
    expect(letter?.text).toContain(`${stage.broker.issuer}/escalations/${asked.id}`);
    const [delivery] = await until('the webhook', () => hooksOf(asked.id).length > 0 && hooksOf(asked.id));
    const event = received(delivery as Delivered);
    expect(event).toMatchObject({
      type: 'writ.escalation.requested',
      source: stage.broker.issuer,
      subject: asked.id,
      data: { kind: 'asked', group: 'oncall', url: `${stage.broker.issuer}/escalations/${asked.id}`, risk: 'high' },
    });
    expect(event.id).toBe(delivery?.headers['webhook-id']);
    for (const written of [letter?.text, delivery?.body]) expect(written).not.toMatch(/evil/i);
    expect(letter?.text).toMatch(
      /Call 1: {4}refund\.create \[HIGH\]\s+identifier: order\/8812\s+order "8812"\s+amount 4000/,
    );
    const { body: seen } = await (await stage.person('bob')).send('GET', `/v1/escalations/${asked.id}`);
    expect((event.data as { calls: unknown }).calls).toEqual((seen as { calls: unknown }).calls);
    await (await stage.person('bob')).decide(asked, 'deny');
    await until('the denial', () => mailsOf(asked.id).some(({ subject }) => subject.includes('Denied')));
  });

  it('hear of the deputies, of the decision and of a revocation, each once', async () => {
    const asked = await refund();
    await until('the request', () => hooksOf(asked.id).length === 1);
    await ageEscalation(stage.world, asked.id, 730);
    await until('the deputies', () => mailsOf(asked.id).some(({ to }) => to.includes('security@example.com')));
    const direct = await until('the direct messages', async () => {
      const found = (await stage.slack.messages()).filter(
        ({ channel, text }) => channel.startsWith('D') && text.includes('still waits'),
      );
      return found.length >= 3 && found;
    });
    // bob and carol are on call, carol and dave are the deputies; alice owns the agent.
    expect(direct).toHaveLength(3);
    expect(JSON.stringify(direct)).not.toMatch(/evil/i);
    for (const { text, blocks } of direct) {
      expect(text).toContain('refund.create [HIGH] · identifier: order/8812 · order "8812", amount 4000');
      expect(JSON.stringify(blocks)).toContain('arguments: order \\"8812\\", amount 4000');
    }
    const approved = await (await stage.person('dave')).decide(asked, 'approve');
    expect(approved.status).toBe(200);
    const { grant } = (approved.body as { escalation: { grant: { id: string } } }).escalation;
    await until('the approval', () => hooksOf(asked.id).some(({ body }) => body.includes('"approved"')));
    await stage.caller('ops-cli').post(`/v1/grants/${grant.id}/revoke`, { reason: 'enough' });
    await until('the revocation', () => mailsOf(asked.id).some(({ to }) => to.includes('owners@example.com')));
    await until('the webhook of it', () => hooksOf(asked.id).some(({ body }) => body.includes('"revoked"')));
    await settledCards(stage.world, stage.broker);
    expect(kindsOf(asked.id)).toEqual(['asked', 'reminder', 'approved', 'revoked']);
    const told = mailsOf(asked.id).map(({ to, subject }) => `${to.join()}: ${subject.replace(/: Support.*/, '')}`);
    expect(told.sort()).toEqual([
      'oncall@example.com: [Writ] Approval wanted',
      'oncall@example.com: [Writ] Approved',
      'oncall@example.com: [Writ] Revoked',
      'oncall@example.com: [Writ] Still waiting for approval',
      'owners@example.com: [Writ] Revoked',
      'security@example.com: [Writ] Approval wanted, as deputies',
    ]);
  });

  it('that fail are tried again with the same id, and hold up neither the others nor the approval', async () => {
    const asked = await refund();
    await until('the request', () => hooksOf(asked.id).length === 1);
    hooks.refuse(500, 503);
    expect(await (await stage.person('bob')).decide(asked, 'approve')).toMatchObject({ body: { vote: 'settled' } });
    const tries = await until(
      'the webhook took it',
      () => {
        const found = hooksOf(asked.id).slice(1);
        return found.at(-1)?.status === 204 && found;
      },
      20_000,
    );
    expect(tries.map(({ status }) => status)).toEqual([500, 503, 204]);
    expect(new Set(tries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(mailsOf(asked.id).filter(({ subject }) => subject.includes('Approved'))).toHaveLength(1);
  }, 30_000);

  it('are signed to for each alone: another key, or one byte more, verifies nothing', () => {
    const { headers, body } = hooks.deliveries[0] as Delivered;
    const verify = (key: string, text: string) => () =>
      new Webhook(key).verify(text, headers as Record<string, string>);
    expect(verify(secret, `${body} `)).toThrow();
    expect(verify(`whsec_${Buffer.alloc(32).toString('base64')}`, body)).toThrow();
  });
});

describe('a request behind an identical one', () => {
  const ask = async (order: string) => created(await stage.caller('support-bot').ask(refundAsk(order)), 202);
  /** Its own job for notices has run, and found it behind another. */
  const passedOver = async (id: string): Promise<void> => {
    await until('its job is done', async () => {
      const { rows } = await stage.world.database.pool.query(
        `select 1 from "outbox" where "topic" = 'notice.send' and "payload" ->> 'id' = $1 and "done_at" is not null`,
        [id],
      );
      return rows.length === 1;
    });
    expect(kindsOf(id)).toEqual([]);
  };
  const ageInvitation = (id: string, hours: number): Promise<void> =>
    ageEvents(stage.world, id, 'escalation.requested', hours);

  it('is told of when its turn comes, however the one before it ended and however long that took', async () => {
    const [first, second, third, fourth] = [await ask('b1'), await ask('b1'), await ask('b1'), await ask('b1')];
    for (const { id } of [second, third, fourth]) await passedOver(id);
    const bob = await stage.person('bob');
    await bob.decide(first, 'approve');
    await until('the second', () => kindsOf(second.id).includes('asked'));
    await ageInvitation(third.id, 2);
    await stage.caller('support-bot').post(`/v1/escalations/${second.id}/cancel`);
    await until('the third', () => kindsOf(third.id).includes('asked'));
    await ageInvitation(third.id, -2);
    expect(kindsOf(fourth.id)).toEqual([]);
    await bob.decide(third, 'deny');
    await until('both denials', () => [third, fourth].every(({ id }) => kindsOf(id).includes('denied')));
    await settledCards(stage.world, stage.broker);
    expect([second, third, fourth].map(({ id }) => kindsOf(id))).toEqual([['asked'], ['asked', 'denied'], ['denied']]);
  });

  it('keeps its reminders until its turn has come', async () => {
    const [first, second] = [await ask('b2'), await ask('b2')];
    await passedOver(second.id);
    await ageEscalation(stage.world, second.id, 730);
    const pool = stage.world.database.pool as DatabasePool;
    const marks = new PostgresRemindersGiven(pool);
    const { remindEscalation } = useCasesOf(stage.world, pool);
    // What its own job does, should it come now, and what the sweeper looks for.
    await remindEscalation.execute(second.id);
    expect((await marks.of([second.id])).size).toBe(0);
    expect(await marks.unreminded(100)).not.toContain(second.id);
    const bob = await stage.person('bob');
    await bob.decide(first, 'approve');
    await until('both notices', () => kindsOf(second.id).length === 2);
    expect(kindsOf(second.id).sort()).toEqual(['asked', 'reminder']);
    await until('the direct messages', async () =>
      (await stage.slack.messages()).some(
        (message) => message.channel.startsWith('D') && JSON.stringify(message).includes(second.id),
      ),
    );
    await bob.decide(second, 'deny');
  });
});
