import { Injectable } from '@nestjs/common';
import { ClockPart } from './timetable-part.js';
import { CommentsPart } from './comments-part.js';
import { FoldedPart } from './folded-part.js';

/** The parts of an escalation's page, each behind a port of its own. */
@Injectable()
export class ContextParts {
  constructor(
    readonly comments: CommentsPart,
    readonly clock: ClockPart,
    readonly folded: FoldedPart,
  ) {}
}
