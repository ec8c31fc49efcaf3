import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { instant } from '#domain/instant.js';
import { CommentBody, CommentedAnswer } from '#contracts/people/comments.dto.js';
import { AddComment } from '#escalations/people/add-comment.js';
import { Allow, Caller, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { PeopleNames } from '../edge/people-names.js';
import { Problems } from '../edge/problems.js';

/** People talk about an escalation here as they do in the thread of its card. */
@ApiTags('decisions')
@Controller('v1/escalations')
export class CommentsController {
  constructor(
    private readonly comments: AddComment,
    private readonly names: PeopleNames,
  ) {}

  /** Says something. It decides nothing, stays with the record and is told in the threads of the cards. */
  @Post(':id/comments')
  @Allow('person')
  @ApiResponse({ status: 201, type: CommentedAnswer, description: 'Said.' })
  @Problems('unknown_field', 'not_found', 'too_long')
  async add(@Caller() caller: Principal, @Param('id') id: string, @Body() body: CommentBody): Promise<object> {
    const said = { escalationId: id, person: caller.id, text: body.text, origin: null };
    const comment = orRefuse(await this.comments.execute(said));
    if (comment === null) throw new Error('a comment of REST is always new');
    const nameOf = await this.names.current();
    return { comment: { ...comment, at: instant(comment.at), name: nameOf(comment.author) } };
  }
}
