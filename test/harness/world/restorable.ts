import pg from 'pg';
import { writ, type Session } from '../../../apps/cli/src/testing/terminal.js';
import { Caller } from '../actors/agent.js';
import { brokerEnvironment, startSlack, startTestBroker, type Broker, type BrokerOptions } from '../brokers/broker.js';
import { Person } from '../actors/person.js';
import type { Stage } from './stage.js';
import { makeWorld, type World } from './world.js';

type LocalSlack = Awaited<ReturnType<typeof startSlack>>;

/**
 * One broker on a database that can be backed up and put back. `CREATE DATABASE … TEMPLATE` copies a database as a
 * restored dump would be one: the same rows, and nothing of what came later.
 */
export class Restorable {
  private started: Broker | undefined;

  private constructor(
    readonly world: World,
    readonly slack: LocalSlack,
    private readonly options: BrokerOptions,
  ) {}

  static async start(options: BrokerOptions = {}): Promise<Restorable> {
    const made = new Restorable(await makeWorld(), await startSlack(), options);
    await made.startBroker();
    return made;
  }

  async startBroker(extra: Record<string, string> = {}): Promise<void> {
    // Where it was before: sessions and cards know it by that name.
    const where = this.started === undefined ? {} : { port: Number(new URL(this.started.issuer).port) };
    const all = { ...this.options.extra, ...extra };
    this.started = await startTestBroker(this.world, { ...this.options, slack: this.slack, extra: all, ...where });
  }

  get broker(): Broker {
    if (this.started === undefined) throw new Error('the broker was never started');
    return this.started;
  }

  get stage(): Stage {
    const { world, broker } = this;
    const person = (id: string): Promise<Person> => Person.signIn(world, broker, id);
    const caller = (id: string): Caller => new Caller(world, broker.issuer, id);
    return { world, broker, caller, person } as unknown as Stage;
  }

  /** With nobody connected, as `CREATE DATABASE … TEMPLATE` demands. */
  async backup(): Promise<void> {
    await this.copy(this.name, `${this.name}_backup`);
  }

  async putBack(): Promise<void> {
    await this.copy(`${this.name}_backup`, this.name);
  }

  run(...argv: string[]): Promise<Session> {
    return writ(argv, brokerEnvironment(this.world, this.slack, 0));
  }

  async close(): Promise<void> {
    await this.broker.close();
    await this.slack.close();
    await this.admin(`drop database if exists "${this.name}_backup" with (force)`);
    await this.world.remove();
  }

  private get name(): string {
    return new URL(this.world.database.url).pathname.slice(1);
  }

  private async copy(from: string, to: string): Promise<void> {
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`;
    await this.admin(`drop database if exists "${to}" with (force)`, cut, `create database "${to}" template "${from}"`);
  }

  private async admin(...statements: string[]): Promise<void> {
    const url = new URL(this.world.database.url);
    url.pathname = '/postgres';
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }
}

/** What introspection says of a token. */
export async function isActive(here: Restorable, token: string): Promise<unknown> {
  return (await here.stage.caller('payments-api').introspect(token)).body.active;
}

/** What a broker logged as a warning or worse. */
export function alarms(here: Restorable): string {
  return here.broker.logged.filter((line) => /"level":"(warn|error)"/.test(line)).join('');
}
