/** One action of the configuration. */
export class CatalogueActionAnswer {
  action!: string;
  risk!: 'low' | 'medium' | 'high';
  /** JSON Schema of its arguments; `null` when it takes none. */
  arguments!: Record<string, unknown> | null;
  /** `required`: an element with this action names an identifier. */
  identifier!: 'required' | 'optional';
  /** Some rule could permit it to the agent, depending on what is asked; without one it is always denied. */
  permitted!: boolean;
}

/** One resource of the configuration. */
export class CatalogueResourceAnswer {
  resource!: string;
  name!: string;
  actions!: CatalogueActionAnswer[];
}

/** An agent that may be tried. */
export class CatalogueAgentAnswer {
  id!: string;
  name!: string;
}

/** What can be asked for, by whom. */
export class CatalogueAnswer {
  /** The agent that `permitted` is about: the one that was named, or the first; `null` where there is none. */
  agent!: string | null;
  agents!: CatalogueAgentAnswer[];
  resources!: CatalogueResourceAnswer[];
}
