import type { Needs } from '../needs.js';
import { Store, type Reads, type Transaction } from '../ports.js';

/** The verbs that a test gives, each of the type that the port has for it. */
type Given<Nouns> = { readonly [Noun in keyof Nouns]?: Partial<Nouns[Noun]> };

/** A transaction of these verbs alone: to call another fails and says which. */
export function transactionOf(given: Given<Transaction>): Transaction {
  return strict('tx', given) as Transaction;
}

/** Reads of these verbs alone. */
export function readsOf(given: Given<Omit<Reads, 'now'>> & Partial<Pick<Reads, 'now'>>): Reads {
  return strict('read', given) as Reads;
}

/** A store that runs every piece of work once, over these verbs. */
export class FakeStore extends Store {
  override readonly read: Reads;

  constructor(
    private readonly tx: Given<Transaction>,
    read: Parameters<typeof readsOf>[0] = {},
  ) {
    super();
    this.read = readsOf(read);
  }

  override run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return work(transactionOf(this.tx));
  }

  override runBatched<T>(_needs: Needs, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.run(work);
  }
}

/** Names what a test did not give. Looked for only when it is used, so that nothing needs more than it calls. */
function strict(path: string, given: object): object {
  return new Proxy(given, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value === 'object' && value !== null) return strict(`${path}.${String(name)}`, value);
      if (value !== undefined || typeof name === 'symbol' || name === 'then') return value;
      if (path.includes('.')) throw new TypeError(`the test gave no ${path}.${name}`);
      return strict(`${path}.${name}`, {});
    },
  });
}
