import { Body, Controller, Delete, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { PasskeyAnswer, PasskeyBody, PasskeyOptionsBody, PasskeysAnswer } from '#contracts/people/passkeys.dto.js';
import { instant } from '#domain/instant.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { Passkeys, type Passkey } from '#escalations/people/passkeys.js';
import { PasskeyEnrolment } from '#identity/passkeys/passkey-enrolment.js';
import type { Session } from '#identity/ports.js';
import { Sessions } from '#identity/people/sessions.js';
import { Allow, Caller, type Principal, type PrincipalRequest } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { NoQuery } from '../edge/no-query.js';
import { Problems } from '../edge/problems.js';

/** The passkeys with which a person signs approvals. Adding one needs more than a login code, and never Slack. */
@ApiTags('sessions')
@Controller('v1/passkeys')
export class PasskeysController {
  constructor(
    private readonly enrolment: PasskeyEnrolment,
    private readonly passkeys: Passkeys,
    private readonly sessions: Sessions,
  ) {}

  /** Your passkeys, oldest first. */
  @Get()
  @Allow('person')
  @NoQuery()
  @ApiResponse({ status: 200, type: PasskeysAnswer, description: 'Your passkeys.' })
  async mine(@Caller() caller: Principal): Promise<object> {
    return { items: (await this.passkeys.of(caller.id)).map(present) };
  }

  /** Begins an enrolment: answers PublicKeyCredentialCreationOptionsJSON of W3C Web Authentication. */
  @Post('options')
  @HttpCode(200)
  @Allow('person')
  @ApiResponse({
    status: 200,
    description: 'Creation options for the browser.',
    schema: { type: 'object', additionalProperties: true },
  })
  @Problems('unknown_field', 'forbidden')
  async options(@Req() request: PrincipalRequest, @Body() _body: PasskeyOptionsBody): Promise<object> {
    return orRefuse(await this.enrolment.begin(await this.session(request)));
  }

  /** Registers the passkey that the browser made from those options. */
  @Post()
  @Allow('person')
  @ApiResponse({ status: 201, type: PasskeyAnswer, description: 'Registered.' })
  @Problems('unknown_field', 'forbidden', 'too_long', 'too_large')
  async add(@Req() request: PrincipalRequest, @Body() body: PasskeyBody): Promise<object> {
    return present(
      orRefuse(await this.enrolment.finish(await this.session(request), body.name.trim(), body.credential)),
    );
  }

  /** Removes a passkey of yours. What it signed stays valid. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('person')
  @ApiResponse({ status: 204, description: 'Removed.' })
  @Problems('not_found')
  async remove(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    orRefuse(await this.enrolment.remove(caller.id, id));
  }

  private async session(request: PrincipalRequest): Promise<Session> {
    const session = await this.sessions.current(request.headers.cookie);
    if (session === null) throw new RefusalError(refuse('unauthenticated', 'The session has ended.'));
    return session;
  }
}

function present({ id, name, transports, createdAt, lastUsedAt }: Passkey): PasskeyAnswer {
  return { id, name, transports: [...transports], created_at: instant(createdAt), last_used_at: instant(lastUsedAt) };
}
