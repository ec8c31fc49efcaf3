import { Injectable } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { about } from '../about.js';
import type { SlackOrigin } from './comments.js';
import type { CommentLine } from '../watch/context/comments-part.js';
import { Ids, Store } from '../ports.js';
import { ReadEscalation } from '../watch/read-escalation.js';

export interface Remark {
  readonly escalationId: string;
  readonly person: string;
  readonly text: string;
  /** The Slack message it is taken from; `null`: said in the console or over REST. */
  readonly origin: SlackOrigin | null;
}

const MISSING = refuse('not_found', 'There is no such escalation.');

/**
 * Keeps what a person says about an escalation with its record, wherever it was said, and has it told wherever else its
 * cards stand. Words never decide anything. It may be said before and after the decision.
 */
@Injectable()
export class AddComment {
  constructor(
    private readonly reads: ReadEscalation,
    private readonly store: Store,
    private readonly ids: Ids,
  ) {}

  /**
   * Everyone who may read the escalation may comment, and so may the owner of its agent; to others it does not exist.
   * Answers `null` for a message of Slack that was recorded before. Refuses `not_found`, a blank text and one past 1,000 characters.
   */
  async execute({ escalationId, person, text, origin }: Remark): Promise<CommentLine | Refusal | null> {
    const said = text.trim();
    if (said === '') return refuse('invalid_request', 'A comment says something.');
    if (said.length > LIMITS.commentLengthMax) {
      return refuse('too_long', `A comment has at most ${LIMITS.commentLengthMax} characters.`);
    }
    const story = await this.reads.load(escalationId);
    if (story === null) return MISSING;
    const { ownerId } = story.escalation;
    if (person !== ownerId && 'refused' in (await this.reads.forPerson(person, escalationId))) return MISSING;
    const id = this.ids.next('evt');
    const via = origin === null ? 'rest' : 'slack';
    const comment = { id, escalationId, person, text: said, at: story.now, origin };
    const isNew = await this.store.run(async (tx) => {
      if (!(await tx.comments.insert(comment))) return false;
      const data = { text: said, via, ...(origin ?? {}) };
      const actor = { kind: 'person', id: person } as const;
      await tx.journal.record([{ ...about(story.escalation).says('comment.added', actor, data), id }], story.now);
      return true;
    });
    return isNew ? { id, at: story.now, author: person, via, text: said } : null;
  }
}
