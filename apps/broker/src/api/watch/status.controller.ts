import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { StatusListsAnswer } from '#contracts/watch/revocations.dto.js';
import { LIMITS } from '#domain/limits.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { ReadStatusList } from '#escalations/watch/status-list.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { Public } from '#platform/http/principal.js';
import { statusListUri } from '#tokens/claims.js';
import { KeyRing } from '#tokens/key-ring.js';
import { statusListToken } from '#tokens/signed-document.js';
import { Problems } from '../edge/problems.js';

const CACHE = `public, max-age=${LIMITS.statusListCacheSeconds}`;
const MEDIA_TYPE = 'application/statuslist+jwt';

/** Status lists for offline verifiers (draft-ietf-oauth-status-list-21): which tokens count no more. */
@ApiTags('revocations')
@Controller('status')
export class StatusController {
  constructor(
    private readonly lists: ReadStatusList,
    private readonly ring: KeyRing,
    private readonly broker: BrokerIdentity,
  ) {}

  /** The URIs of the lists in use. */
  @Get()
  @Public()
  @Header('Cache-Control', CACHE)
  @ApiResponse({ status: 200, type: StatusListsAnswer, description: 'Newest first.' })
  async all(): Promise<StatusListsAnswer> {
    const numbers = await this.lists.numbers();
    return { status_lists: numbers.map((n) => statusListUri(this.broker.issuer, n)) };
  }

  /** One list as a signed token: bit `idx` is 1 where the token of `status.status_list.idx` counts no more. */
  @Get(':list')
  @Public()
  @Header('Cache-Control', CACHE)
  @Header('Content-Type', MEDIA_TYPE)
  @ApiProduces(MEDIA_TYPE)
  @ApiResponse({
    status: 200,
    description: 'The Status List Token; its `sub` is this URI.',
    content: { [MEDIA_TYPE]: { schema: { type: 'string' } } },
  })
  @Problems('not_found')
  async list(@Param('list') list: string): Promise<string> {
    const n = /^[1-9]\d{0,8}$/.test(list) ? Number(list) : 0;
    const found = n === 0 ? null : await this.lists.execute(n, () => performance.now());
    if (found === null) throw new RefusalError(refuse('not_found', 'There is no such list.'));
    return statusListToken(this.broker.issuer, n, found.bits, found.now, this.ring.signingKey('ES256'));
  }
}
