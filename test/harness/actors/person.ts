import { answer, type Answer } from './agent.js';
import type { Broker } from '../brokers/broker.js';
import type { World } from '../world/world.js';
import { withSessions } from '../world/sealed.js';
import { until } from '../judges/until.js';

/** Somebody with a session at the broker and an account in the local Slack. */
export class Person {
  private constructor(
    private readonly broker: Pick<Broker, 'base'>,
    readonly id: string,
    readonly slackUser: string,
    readonly cookie: string,
  ) {}

  /** Signs in with a one-time code, as `npx writ login-link` would make it. */
  static async signIn(world: World, broker: Pick<Broker, 'base'>, id: string): Promise<Person> {
    const code = await withSessions(world, (sessions) => sessions.issueLoginCode(id));
    return Person.withCode(broker, id, code);
  }

  /** Exchanges a code of this person for a session. */
  static async withCode(broker: Pick<Broker, 'base'>, id: string, code: string): Promise<Person> {
    const opened = await fetch(`${broker.base}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    if (opened.status !== 204) throw new Error(`no session for ${id}: ${opened.status} ${await opened.text()}`);
    const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const people = ['alice', 'bob', 'carol', 'dave', 'erin', 'olga', 'omar'];
    return new Person(broker, id, `U000${people.indexOf(id) + 1}`, cookie);
  }

  /** The same session at another process: sessions are rows, so the cookie is good there too. */
  at(broker: Pick<Broker, 'base'>): Person {
    return new Person(broker, this.id, this.slackUser, this.cookie);
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return answer(
      await fetch(this.broker.base + path, {
        method,
        headers: {
          cookie: this.cookie,
          ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  }

  /** Decides over REST. */
  decide(
    escalation: { id: string; digest: string },
    verdict: 'approve' | 'deny',
    more: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const reason = verdict === 'deny' ? { reason: 'Not today.' } : {};
    return this.send(
      'POST',
      `/v1/escalations/${escalation.id}/decisions`,
      { verdict, digest: escalation.digest, ...reason, ...more },
      headers,
    );
  }
}

export interface Card {
  readonly channel: string;
  readonly ts: string;
  readonly text: string;
  readonly blocks: readonly Record<string, unknown>[];
}

/** The local Slack's driver, spoken as an outside test would. */
export class SlackDriver {
  constructor(private readonly broker: Pick<Broker, 'slack'>) {}

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the driver says
  async call(path: string, body?: unknown): Promise<any> {
    const { url, token } = this.broker.slack;
    const response = await fetch(`${url}/_dev/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'x-dev-token': token, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.json();
  }

  async messages(): Promise<Card[]> {
    return (await this.call('messages')).messages as Card[];
  }

  /** The cards of an escalation, found by its short id's text or metadata. */
  async cardsOf(escalationId: string): Promise<Card[]> {
    return (await this.messages()).filter((message) => JSON.stringify(message).includes(escalationId));
  }

  /** Waits for the card of this escalation (in `channel`, when given). */
  card(escalationId: string, channel?: string): Promise<Card> {
    return until(`the card of ${escalationId}`, async () =>
      (await this.cardsOf(escalationId)).find((card) => channel === undefined || card.channel === channel),
    );
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the driver says
  click(user: string, ts: string, actionId: string): Promise<any> {
    return this.call('click', { user, ts, action_id: actionId });
  }
}
