import { Injectable } from '@nestjs/common';
import { TimetablePart } from './timetable-part.js';
import { CommentsPart } from './comments-part.js';
import { DuplicatesPart } from './duplicates-part.js';

/** The parts of an escalation's page, each behind a port of its own. */
@Injectable()
export class ContextParts {
  constructor(
    readonly comments: CommentsPart,
    readonly clock: TimetablePart,
    readonly folded: DuplicatesPart,
  ) {}
}
