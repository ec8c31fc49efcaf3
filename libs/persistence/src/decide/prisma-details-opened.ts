import { Injectable } from '@nestjs/common';
import { DetailsOpened } from '#slack/ports.js';
import { DatabasePool } from '../connection/pool.js';
import { PrismaRows } from '../connection/prisma-client.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';

type Opened = Parameters<DetailsOpened['record']>[0];

/** Openings of Details: one row for each request as it stood and person, dated by the database. */
@Injectable()
export class PrismaDetailsOpened extends DetailsOpened {
  constructor(
    private readonly rows: PrismaRows,
    private readonly pool: DatabasePool,
    private readonly configurations: SealedConfigurations,
  ) {
    super();
  }

  override async record({ escalationId, digest, person: personId }: Opened): Promise<void> {
    const { detailsOpened } = await this.rows.client();
    await detailsOpened.createMany({ data: { escalationId, digest, personId }, skipDuplicates: true });
  }

  override async isOpened({ escalationId, digest, person: personId }: Opened): Promise<boolean> {
    const voter = await this.configurations.voter(this.pool, personId);
    if (voter === null) return false;
    const { detailsOpened } = await this.rows.client();
    // Rounded up: a whole millisecond that began before the person was there is not theirs.
    const at = { gte: new Date(Math.ceil(voter.since)) };
    return (
      (await detailsOpened.findFirst({ where: { escalationId, digest, personId, at }, select: { at: true } })) !== null
    );
  }
}
