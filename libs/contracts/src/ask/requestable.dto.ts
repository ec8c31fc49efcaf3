/** One action that may be asked for. */
export class RequestableActionAnswer {
  action!: string;
  risk!: 'low' | 'medium' | 'high';
  /** JSON Schema of its arguments; `null` when it takes none. */
  arguments!: Record<string, unknown> | null;
  /** `required`: an element with this action names an identifier. */
  identifier!: 'required' | 'optional';
  /** What an ask with nothing but this action would meet. */
  outcome!: 'allow' | 'require_approval' | 'deny';
}

/** One resource with the actions that may be asked for. */
export class RequestableResourceAnswer {
  resource!: string;
  name!: string;
  max_token_ttl!: number;
  actions!: RequestableActionAnswer[];
}

/** What this agent may ask for. */
export class RequestableAnswer {
  items!: RequestableResourceAnswer[];
}
