import { Injectable } from '@nestjs/common';
import { CommentsPart, type CommentLine } from '#escalations/watch/context/comments-part.js';
import { PrismaRows } from '../connection/prisma-client.js';

/** What people said, oldest first; the newest of very many. */
@Injectable()
export class PrismaComments extends CommentsPart {
  constructor(private readonly rows: PrismaRows) {
    super();
  }

  override async of(escalationId: string): Promise<readonly CommentLine[]> {
    const { comment } = await this.rows.client();
    const orderBy = [{ at: 'desc' as const }, { id: 'desc' as const }];
    const lines = await comment.findMany({ where: { escalationId }, orderBy, take: 500 });
    return lines.reverse().map(({ id, at, personId: author, text, slackTs }) => {
      return { id, at: at.getTime(), author, text, via: slackTs === null ? 'rest' : 'slack' };
    });
  }
}
