/** Where a policy stands. */
export class PolicyPlaceAnswer {
  id!: string;
  role!: 'forbid' | 'allow' | 'require_approval';
  line!: number;
}

/** One file of policies. */
export class PolicyFileAnswer {
  name!: string;
  text!: string;
  policies!: PolicyPlaceAnswer[];
}

/** The policies in force. */
export class PolicySetAnswer {
  /** SHA-256 of the set. */
  version!: string;
  files!: PolicyFileAnswer[];
}
