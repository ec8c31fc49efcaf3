import { Controller, Get, Header, Logger } from '@nestjs/common';
import { OAUTH_ROUTES } from '#oauth/routes.js';
import { Public } from '#platform/http/principal.js';
import { jwksDocument } from '#tokens/jwks.js';
import { KeyRing } from '#tokens/key-ring.js';
import { DescribeJwks } from './openapi.js';

const REFRESH_MS = 1_000;

/** Publishes the keys that verify access tokens (RFC 7517). */
@Public()
@Controller()
export class JwksController {
  private readonly log = new Logger('oauth');
  private refreshedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly ring: KeyRing) {}

  @Get(OAUTH_ROUTES.jwks)
  @Header('Cache-Control', 'no-store')
  @Header('Pragma', 'no-cache')
  @DescribeJwks()
  async jwks() {
    await this.refreshWhenDue();
    return jwksDocument(this.ring);
  }

  /**
   * Another process may have made a key that this one has not met, and verifiers come here for it. The route is public:
   * it costs the store one read a second. With the store away the known keys are still true.
   */
  private async refreshWhenDue(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.refreshedAtMs < REFRESH_MS) return;
    this.refreshedAtMs = nowMs;
    await this.ring.refresh().catch((fault: unknown) => this.log.warn(`keys not read anew: ${String(fault)}`));
  }
}
