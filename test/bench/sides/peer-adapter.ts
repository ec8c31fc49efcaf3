import pg from 'pg';

const SCHEMA = `
  create table "rows" ("model" text not null, "id" text not null, "payload" jsonb not null, "grant_id" text, "uid" text, "user_code" text,
    "expires_at" timestamptz, "consumed_at" timestamptz, primary key ("model", "id"));
  create index "rows_grant" on "rows" ("grant_id") where "grant_id" is not null;
  create index "rows_uid" on "rows" ("uid") where "uid" is not null;
  create index "rows_user_code" on "rows" ("user_code") where "user_code" is not null;`;

const FOUND = `select "payload" || case when "consumed_at" is null then '{}'::jsonb
    else jsonb_build_object('consumed', extract(epoch from "consumed_at")::bigint) end as "payload"
  from "rows" where ("expires_at" is null or "expires_at" > clock_timestamp()) and`;

type Payload = Record<string, unknown>;

/** Where the peer keeps what it stores: every model in one table, durable, one prepared statement and one commit a call. */
export async function peerStore(url: string, connections: number): Promise<(model: string) => PeerAdapter> {
  const pool = new pg.Pool({ connectionString: url, max: connections, keepAlive: true });
  await pool.query(SCHEMA);
  return (model) => new PeerAdapter(pool, model);
}

/** An adapter as `oidc-provider` asks for one, for a single model. */
export class PeerAdapter {
  constructor(
    private readonly pool: pg.Pool,
    private readonly model: string,
  ) {}

  async upsert(id: string, payload: Payload, expiresIn?: number): Promise<void> {
    await this.pool.query({
      name: 'upsert',
      text: `insert into "rows" ("model", "id", "payload", "grant_id", "uid", "user_code", "expires_at")
             values ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7::float8))
             on conflict ("model", "id") do update set "payload" = excluded."payload", "grant_id" = excluded."grant_id",
               "uid" = excluded."uid", "user_code" = excluded."user_code", "expires_at" = excluded."expires_at"`,
      values: [this.model, id, payload, payload['grantId'], payload['uid'], payload['userCode'], expiresIn ?? null],
    });
  }

  find(id: string): Promise<Payload | undefined> {
    return this.first('find', `${FOUND} "model" = $1 and "id" = $2`, id);
  }

  findByUid(uid: string): Promise<Payload | undefined> {
    return this.first('find-uid', `${FOUND} "model" = $1 and "uid" = $2`, uid);
  }

  findByUserCode(code: string): Promise<Payload | undefined> {
    return this.first('find-user-code', `${FOUND} "model" = $1 and "user_code" = $2`, code);
  }

  async consume(id: string): Promise<void> {
    const text = `update "rows" set "consumed_at" = clock_timestamp() where "model" = $1 and "id" = $2`;
    await this.pool.query({ name: 'consume', text, values: [this.model, id] });
  }

  async destroy(id: string): Promise<void> {
    const text = `delete from "rows" where "model" = $1 and "id" = $2`;
    await this.pool.query({ name: 'destroy', text, values: [this.model, id] });
  }

  async revokeByGrantId(grant: string): Promise<void> {
    await this.pool.query({ name: 'revoke', text: `delete from "rows" where "grant_id" = $1`, values: [grant] });
  }

  private async first(name: string, text: string, value: string): Promise<Payload | undefined> {
    const { rows } = await this.pool.query<{ payload: Payload }>({ name, text, values: [this.model, value] });
    return rows[0]?.payload;
  }
}
