import { ApiProperty } from '../wire/describe.js';
import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsObject, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import { LIMITS } from '#domain/limits.js';
import { LimitsBody } from '../requests.dto.js';

const AS_BROWSERS_GIVE_IT = { type: 'object', additionalProperties: true } as const;

/** Asking for creation options carries nothing: the session says whose they are. */
export class PasskeyOptionsBody {}

/** A passkey that the browser has made. */
export class PasskeyBody {
  /** For its person to tell it from others. */
  @IsString()
  @IsNotEmpty()
  @Matches(/\S/, { message: 'must say something' })
  @Matches(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, { message: 'must not hold control or invisible characters' })
  @MaxLength(LIMITS.passkeyNameLengthMax)
  name!: string;

  /** RegistrationResponseJSON of W3C Web Authentication; members not needed are not looked at. */
  @ApiProperty(AS_BROWSERS_GIVE_IT)
  @IsObject()
  credential!: Record<string, unknown>;
}

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
  @ApiProperty(AS_BROWSERS_GIVE_IT)
  options!: Record<string, unknown>;
}

/** One passkey. */
export class PasskeyAnswer {
  /** The credential's id, base64url. */
  id!: string;
  name!: string;
  transports!: string[];
  created_at!: string;
  last_used_at!: string | null;
}

/** Your passkeys. */
export class PasskeysAnswer {
  items!: PasskeyAnswer[];
}
