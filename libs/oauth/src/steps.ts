import { isOAuthError, type OAuthError } from './errors.js';

/** One step: adds what it found to the context, or refuses and so ends the walk. */
export type Step<In extends object, Out extends object> = (context: In) => Out | OAuthError | Promise<Out | OAuthError>;

/**
 * An ordered list of named steps. Each sees what the steps before it added, so the types refuse an order in which, say,
 * a code is redeemed before anybody is authenticated.
 */
export class Steps<In extends object, Out extends object> {
  private constructor(
    /** The functions' names, in order. */
    readonly names: readonly string[],
    private readonly walk: (context: In) => Promise<Out | OAuthError>,
  ) {}

  /** An empty list, for contexts of this type. */
  static over<In extends object>(): Steps<In, In> {
    return new Steps([], async (context: In) => context);
  }

  /** The same list and one step more. */
  step<Next extends object>(next: Step<Out, Next>): Steps<In, Next> {
    return new Steps([...this.names, next.name], async (context: In) => {
      const reached = await this.walk(context);
      return isOAuthError(reached) ? reached : next(reached);
    });
  }

  /** Walks the list: the last step's result, or the first refusal. */
  async run(context: In): Promise<Out | OAuthError> {
    return this.walk(context);
  }
}
