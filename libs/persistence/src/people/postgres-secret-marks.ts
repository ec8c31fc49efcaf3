import { Injectable } from '@nestjs/common';
import { SecretMarks } from '#identity/ports.js';
import { DatabasePool } from '../connection/pool.js';

@Injectable()
export class PostgresSecretMarks extends SecretMarks {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async read(clientId: string): Promise<Buffer | null> {
    const { rows } = await this.pool.query<{ mark: Buffer }>({
      name: 'secret-mark',
      text: `select "mark" from "verified_secrets" where "client_id" = $1`,
      values: [clientId],
    });
    return rows[0]?.mark ?? null;
  }

  override async keep(clientId: string, mark: Buffer): Promise<void> {
    await this.pool.query({
      name: 'secret-mark-keep',
      text: `insert into "verified_secrets" ("client_id", "mark") values ($1, $2)
             on conflict ("client_id") do update set "mark" = excluded."mark", "verified_at" = excluded."verified_at"`,
      values: [clientId, mark],
    });
  }
}
