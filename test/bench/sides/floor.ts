import pg from 'pg';

const SCHEMA = `
  create schema "floor";
  create table "floor"."requests" ("id" bigint primary key generated always as identity, "agent" int not null, "body" jsonb not null);
  create table "floor"."grants" ("id" bigint primary key generated always as identity, "request" bigint not null references "floor"."requests" ("id"), "status" text not null);
  create table "floor"."leaves" ("id" bigint primary key generated always as identity, "at" timestamptz not null default clock_timestamp(), "leaf" text not null);
  create table "floor"."jobs" ("id" bigint primary key generated always as identity, "topic" text not null, "done_at" timestamptz);
  create index "requests_agent" on "floor"."requests" ("agent");
  create index "grants_request" on "floor"."grants" ("request");
  create index "leaves_at" on "floor"."leaves" ("at");
  create index "jobs_open" on "floor"."jobs" ("id") where "done_at" is null;`;

const COMMIT = {
  name: 'floor-commit',
  text: `with r as (insert into "floor"."requests" ("agent", "body") values ($1, $2) returning "id"),
           g as (insert into "floor"."grants" ("request", "status") select "id", 'ready' from r),
           l as (insert into "floor"."leaves" ("leaf") values ($3))
         insert into "floor"."jobs" ("topic", "done_at") values ('floor', clock_timestamp())`,
};

/**
 * What the database alone makes a caller wait for: one prepared statement that writes four rows, one with a foreign
 * key, into tables with four indexes beside their keys, and its commit. By the same driver, over one connection.
 */
export class Floor {
  private constructor(private readonly client: pg.Client) {}

  /** Makes its tables, in a schema of their own. */
  static async open(url: string): Promise<Floor> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(SCHEMA);
    return new Floor(client);
  }

  /** @returns how long each of so many commits took, one after the other, in ms */
  async commits(count: number): Promise<number[]> {
    const body = JSON.stringify({ action: 'payment.read', resource: 'https://payments.example', ttl: 300 });
    const took: number[] = [];
    for (let n = 0; n < count; n += 1) {
      const began = performance.now();
      await this.client.query({ ...COMMIT, values: [n % 32, body, body] });
      took.push(performance.now() - began);
    }
    return took;
  }

  close(): Promise<void> {
    return this.client.end();
  }
}
