import { IsNotEmpty, IsString, MaxLength } from '../wire/rules.js';

/** The code that the bot gave a Slack account. */
export class SlackLinkBody {
  /** @example '7QK2-M0ZB-94TR' */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  code!: string;
}

/** A Slack account that counts as the person who asks. */
export class SlackLinkAnswer {
  /** Ends the link; `null` for an account that the configuration names. */
  id!: string | null;
  team!: string;
  user!: string;
  bound_by!: 'configuration' | 'person';
  bound_at!: string | null;
}

/** The Slack accounts of the person who asks. */
export class SlackLinksAnswer {
  items!: SlackLinkAnswer[];
}
