import { Controller, Get, Header } from '@nestjs/common';
import { authorizationServerMetadata, METADATA_CACHE, openidConfiguration } from '#oauth/metadata.js';
import { OAUTH_ROUTES } from '#oauth/routes.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { Public } from '#platform/http/principal.js';
import { DescribeMetadata } from './openapi.js';

/** Where clients and verifiers learn the rest (RFC 8414, OpenID Connect Discovery 1.0). */
@Public()
@Controller()
export class DiscoveryController {
  constructor(private readonly broker: BrokerIdentity) {}

  @Get(OAUTH_ROUTES.authorizationServer)
  @Header('Cache-Control', METADATA_CACHE)
  @DescribeMetadata('Authorization server metadata (RFC 8414)')
  authorizationServer() {
    return authorizationServerMetadata(this.broker.issuer);
  }

  @Get(OAUTH_ROUTES.openidConfiguration)
  @Header('Cache-Control', METADATA_CACHE)
  @DescribeMetadata('The same for verifiers that look only here (OpenID Connect Discovery 1.0)')
  openidConfiguration() {
    return openidConfiguration(this.broker.issuer);
  }
}
