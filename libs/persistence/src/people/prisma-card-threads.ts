import { Injectable } from '@nestjs/common';
import { CardThreads } from '#slack/ports.js';
import { PrismaRows } from '../connection/prisma-client.js';

/** Finds a card by its message. */
@Injectable()
export class PrismaCardThreads extends CardThreads {
  constructor(private readonly rows: PrismaRows) {
    super();
  }

  override async escalationOf({ channel, ts }: { channel: string; ts: string }): Promise<string | null> {
    const { slackCard } = await this.rows.client();
    return (
      (await slackCard.findFirst({ where: { channel, ts }, select: { escalationId: true } }))?.escalationId ?? null
    );
  }
}
