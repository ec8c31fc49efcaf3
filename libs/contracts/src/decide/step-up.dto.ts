import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsObject, IsOptional, IsString, MaxLength, ValidateNested } from '../wire/rules.js';
import { LIMITS } from '#domain/limits.js';
import { ApiProperty } from '../wire/describe.js';
import { LimitsBody } from './decision.dto.js';

/** The approval that is to be signed. It must be the one that is then sent. */
export class StepUpBody {
  @IsIn(['approve'], { message: 'must be approve' })
  verdict!: 'approve';

  /** The digest that the person was shown. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(LIMITS.digestLengthMax)
  digest!: string;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => LimitsBody)
  limits?: LimitsBody | null;
}

/** What the authenticator is to sign, once. */
export class StepUpAnswer {
  nonce!: string;
  /** RFC 3339. */
  expires_at!: string;
  /** PublicKeyCredentialRequestOptionsJSON of W3C Web Authentication. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  options!: Record<string, unknown>;
}
