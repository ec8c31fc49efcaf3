import { IsNotEmpty, IsString, Matches, MaxLength } from '../wire/rules.js';
import { LIMITS } from '#domain/limits.js';
import type { CommentAnswer } from '../watch/context.dto.js';

/** Something to say about an escalation. It stays with the record and is told in the threads of its cards. */
export class CommentBody {
  @IsString()
  @IsNotEmpty()
  @Matches(/\S/, { message: 'must say something' })
  @MaxLength(LIMITS.commentLengthMax)
  text!: string;
}

/** What was said. */
export class CommentedAnswer {
  comment!: CommentAnswer;
}
