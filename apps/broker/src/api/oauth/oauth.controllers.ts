import type { Type } from '@nestjs/common';
import { RegistrySource } from '#escalations/ports.js';
import { IntrospectToken } from '#escalations/use/introspect-token.js';
import { RedeemGrant } from '#escalations/collect/redeem-grant.js';
import { RenewToken } from '#escalations/collect/renew-token.js';
import { RevokeToken } from '#escalations/end/revoke-token.js';
import { ClientAuthenticator } from '#identity/agents/authenticate-client.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { KeyRing } from '#tokens/key-ring.js';
import { DiscoveryController } from './discovery.controller.js';
import { IntrospectController } from './introspect.controller.js';
import { JwksController } from './jwks.controller.js';
import { RevokeController } from './revoke.controller.js';
import { TokenController } from './token.controller.js';

/** The OAuth surface, for the `controllers` of the process that holds the API. */
export const oauthControllers: Type[] = [
  DiscoveryController,
  JwksController,
  TokenController,
  IntrospectController,
  RevokeController,
];

/** The classes that the same module must provide. */
export const oauthNeeds = [
  BrokerIdentity,
  ClientAuthenticator,
  KeyRing,
  RedeemGrant,
  RenewToken,
  IntrospectToken,
  RegistrySource,
  RevokeToken,
] as const;
