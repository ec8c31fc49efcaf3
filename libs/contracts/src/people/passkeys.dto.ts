import { IsNotEmpty, IsObject, IsString, Matches, MaxLength } from '../wire/rules.js';
import { LIMITS } from '#domain/limits.js';
import { ApiProperty } from '../wire/describe.js';

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
  @ApiProperty({ type: 'object', additionalProperties: true })
  @IsObject()
  credential!: Record<string, unknown>;
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
