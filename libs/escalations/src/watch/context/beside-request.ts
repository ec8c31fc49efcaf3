import { Injectable } from '@nestjs/common';
import type { EscalationRow } from '../../rows/escalation.js';
import { CommentsPart, type CommentLine } from './comments-part.js';
import { DuplicatesPart } from './duplicates-part.js';
import { TimetablePart, type ShownTimetable } from './timetable-part.js';

/** Reads what stands beside a request on its page: when its clock acts, what people said, who waits behind it. */
@Injectable()
export class BesideRequest {
  constructor(
    private readonly comments: CommentsPart,
    private readonly timetable: TimetablePart,
    private readonly duplicates: DuplicatesPart,
  ) {}

  /** @param now epoch milliseconds of the database */
  async of(
    escalation: EscalationRow,
    now: number,
  ): Promise<{
    readonly clock: ShownTimetable;
    readonly comments: readonly CommentLine[];
    readonly folded: readonly string[];
  }> {
    const clock = this.timetable.of(escalation, now);
    const [comments, folded] = await Promise.all([
      this.comments.of(escalation.id),
      this.duplicates.of([escalation.id]),
    ]);
    return { clock, comments, folded: folded.get(escalation.id) ?? [] };
  }
}
