/** One step: adds what it found to the context, or stops the walk with a value of `Stop`. */
export type Step<In extends object, Out extends object, Stop> = (context: In) => Out | Stop | Promise<Out | Stop>;

/**
 * An ordered list of named steps. Each sees what the steps before it added, so the types refuse an order in which, say, a
 * request is written before anybody has judged it.
 */
export class Steps<In extends object, Out extends object, Stop> {
  private constructor(
    /** The functions' names, in order. */
    readonly names: readonly string[],
    private readonly walk: (context: In) => Promise<Out | Stop>,
    private readonly stops: (reached: object | Stop) => reached is Stop,
  ) {}

  /** An empty list, for contexts of this type. @param stops tells a value that ends the walk from a context */
  static over<In extends object, Stop>(stops: (reached: object | Stop) => reached is Stop): Steps<In, In, Stop> {
    return new Steps<In, In, Stop>([], async (context) => context, stops);
  }

  /** The same list and one step more. */
  step<Next extends object>(next: Step<Out, Next, Stop>): Steps<In, Next, Stop> {
    const walk = async (context: In): Promise<Next | Stop> => {
      const reached = await this.walk(context);
      return this.stops(reached) ? reached : next(reached);
    };
    return new Steps([...this.names, next.name], walk, this.stops);
  }

  /** Walks the list: the last step's result, or what the first step that stopped said. */
  async run(context: In): Promise<Out | Stop> {
    return this.walk(context);
  }
}
