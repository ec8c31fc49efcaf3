// The history of policy, and how a folder stands to what is in force, as OpenAPI tells them.
import { type PolicyFileAnswer } from './policies.dto.js';
import { type ActorAnswer } from '../watch/history.dto.js';

/** An applied configuration by its names. */
export class ConfigurationNameAnswer {
  /** SHA-256 of `writ.yaml` as it was read, and the policies. */
  configuration!: string;
  /** SHA-256 of the policies and the schema that they were checked against. */
  version!: string;
}

/** One application of a configuration. */
export class AppliedAnswer extends ConfigurationNameAnswer {
  at!: string;
  /** Whether the instant is under a seal; those from before it was are as the table has them. */
  time_sealed!: boolean;
  by!: ActorAnswer;
  by_name!: string | null;
}

/** A set of policies that was in force, whole. */
export class KeptPolicySetAnswer extends ConfigurationNameAnswer {
  files!: PolicyFileAnswer[];
  /** When it came in force first. */
  first!: AppliedAnswer;
  /** When it was applied last; the same as `first` where it was applied once. */
  last!: AppliedAnswer;
  /** Whether these policies are in force now. */
  in_force!: boolean;
}

/** What became of one policy. */
export class PolicyDifferenceAnswer {
  /** Its `@id`; `null` for a file in which only comments or layout differ. */
  policy!: string | null;
  change!: 'added' | 'removed' | 'changed' | 'moved';
  file!: string;
  /** Unified; empty where a policy only moved to another file. */
  diff!: string;
}

/** What became of one thing of `writ.yaml`. */
export class CatalogDifferenceAnswer {
  kind!: 'resource' | 'agent' | 'client' | 'person' | 'group' | 'limits';
  change!: 'added' | 'changed' | 'retired';
  id!: string;
  /** In what it differs, a line each. Secrets, addresses and accounts are told without their values. */
  details!: string[];
}

/** What differs between two applied configurations. */
export class PolicyDiffAnswer {
  from!: ConfigurationNameAnswer;
  to!: ConfigurationNameAnswer;
  policies!: PolicyDifferenceAnswer[];
  catalog!: CatalogDifferenceAnswer[];
}

/** How many policies a change has touched, and things of `writ.yaml`. */
export class ChangeCountsAnswer {
  policies_added!: number;
  policies_removed!: number;
  policies_changed!: number;
  catalog!: number;
}

/** Requests that were asked while a configuration was in force, by what its policies said. */
export class DecisionCountsAnswer {
  allowed!: number;
  /** People were asked. */
  asked!: number;
  denied!: number;
  /** There were more than were counted. */
  more!: boolean;
}

/** One application of a configuration, and what it changed. */
export class PolicyChangeAnswer {
  seq!: number;
  /** False for a row without a right seal: it never counted, nothing it says is told, and all else here is `null`. */
  sound!: boolean;
  /** `no_seal` also stands in rows from before there were seals. */
  why!: 'no_seal' | 'broken_seal' | null;
  applied!: AppliedAnswer | null;
  /** What was in force before; `null` for the first. */
  from!: ConfigurationNameAnswer | null;
  counts!: ChangeCountsAnswer | null;
  decisions!: DecisionCountsAnswer | null;
  in_force!: boolean;
}

/** Applications, newest first. */
export class PolicyChangePageAnswer {
  /** At most 20, also for a higher `limit`: each is a whole configuration, compared with the one before. */
  items!: PolicyChangeAnswer[];
  /** Send it as `cursor` for the rest; `null` at the end. */
  next_cursor!: string | null;
}

/** How the folder of this process stands to what is in force. */
export class ConfigurationStandingAnswer {
  /** What is in force; `null` where nothing was ever applied. */
  in_force!: string | null;
  /** The folder's own hash; `null` where it cannot be read, or is not compared. */
  folder!: string | null;
  /** `not_compared`: no folder was named. */
  drift!: 'none' | 'differs' | 'unreadable' | 'not_compared';
  /** In one sentence. */
  detail!: string | null;
  checked_at!: string | null;
}

/** The process can serve. */
export class ReadyAnswer {
  status!: 'ok';
  /** With `verbose`. */
  configuration?: ConfigurationStandingAnswer;
}
