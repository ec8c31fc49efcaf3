import { Injectable } from '@nestjs/common';
import { RedeemGrant } from '#escalations/collect/redeem-grant.js';
import { RenewToken } from '#escalations/collect/renew-token.js';
import type { TokenServices } from '#oauth/token-endpoint.js';
import { TokenAsks } from './token-asks.js';

/** The use cases behind the grant types of the token endpoint. */
@Injectable()
export class TokenGrants {
  constructor(
    private readonly asks: TokenAsks,
    private readonly redeem: RedeemGrant,
    private readonly renew: RenewToken,
  ) {}

  services(): Pick<TokenServices, 'asks' | 'redeem' | 'renew'> {
    const { asks, redeem, renew } = this;
    return { asks, redeem, renew };
  }
}
