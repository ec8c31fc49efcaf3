import { IsNotEmpty, IsString, MaxLength } from '../wire/rules.js';

/** A login code from `npx writ login-link`. */
export class SessionBody {
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  code!: string;
}

/** Whose session this is. */
export class SessionAnswer {
  person!: string;
  /** What people call them; the id where no name is configured. */
  name!: string;
  signed_in_by!: 'code' | 'oidc' | 'enrolment';
  opened_at!: string;
  expires_at!: string;
  /** Whether they can sign in with the organisation's provider, at `/auth/login`. */
  oidc!: boolean;
  /** How many passkeys they have to sign approvals with. */
  passkeys!: number;
  roles!: ('approver' | 'auditor' | 'operator')[];
}

/** A living session. */
export class SessionItemAnswer {
  id!: string;
  person!: string;
  /** Whether it is the one that asks. */
  current!: boolean;
  signed_in_by!: 'code' | 'oidc' | 'enrolment';
  opened_at!: string;
  expires_at!: string;
}

/** Living sessions, newest first. */
export class SessionListAnswer {
  items!: SessionItemAnswer[];
}

/** How one may sign in here. */
export class SignInOptionsAnswer {
  /** With the organisation's OpenID provider, at `/auth/login`. */
  oidc!: boolean;
}
