import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { instant } from '#domain/instant.js';
import { SlackLinkAnswer, SlackLinkBody, SlackLinksAnswer } from '#contracts/people/slack-links.dto.js';
import { RegistrySource } from '#escalations/ports.js';
import { SlackLinks, type SlackLink } from '#escalations/people/slack-links.js';
import { SlackLinking } from '#identity/people/slack-linking.js';
import { Allow, Caller, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { NoQuery } from '../edge/no-query.js';
import { Problems } from '../edge/problems.js';

/** The Slack accounts through which a person may act. */
@ApiTags('sessions')
@Controller('v1/slack-links')
export class SlackLinksController {
  constructor(
    private readonly linking: SlackLinking,
    private readonly links: SlackLinks,
    private readonly registry: RegistrySource,
  ) {}

  /** Your accounts: those that the configuration names and those that you linked. */
  @Get()
  @Allow('person')
  @NoQuery()
  @ApiResponse({ status: 200, type: SlackLinksAnswer, description: 'Your accounts.' })
  async mine(@Caller() caller: Principal): Promise<object> {
    const { catalog } = await this.registry.current();
    const configured = catalog.people.find((person) => person.id === caller.id)?.slack ?? [];
    const named = configured.map(({ team, user }) => ({
      id: null,
      team,
      user,
      bound_by: 'configuration',
      bound_at: null,
    }));
    return { items: [...named, ...(await this.links.of(caller.id)).map(present)] };
  }

  /** Links the account to which the bot gave this code (`/writ link` in Slack). The code is good once, for ten minutes. */
  @Post()
  @Allow('person')
  @ApiResponse({ status: 201, type: SlackLinkAnswer, description: 'Linked.' })
  @Problems('unknown_field', 'not_found', 'already_linked', 'too_long')
  async link(@Caller() caller: Principal, @Body() body: SlackLinkBody): Promise<object> {
    return present(orRefuse(await this.linking.redeem(caller.id, body.code)));
  }

  /** Ends a link that you made. Votes that were given through it stay yours. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('person')
  @ApiResponse({ status: 204, description: 'Ended.' })
  @Problems('not_found')
  async end(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    orRefuse(await this.linking.end(caller.id, id));
  }
}

function present({ id, team, user, boundAt }: SlackLink): SlackLinkAnswer {
  return { id, team, user, bound_by: 'person', bound_at: instant(boundAt) };
}
