import { AssertionLedger, Registrations, type Registration } from '../ports.js';

/** Who is registered: the list as it stands at each call. */
export class MemoryRegistrations extends Registrations {
  constructor(private readonly registered: readonly Registration[]) {
    super();
  }
  override async findClient(id: string): Promise<Registration | null> {
    return this.registered.find((one) => one.id === id) ?? null;
  }
}

/** Which assertions were used; none is ever forgotten. */
export class MemoryLedger extends AssertionLedger {
  readonly used = new Set<string>();
  override async use(clientId: string, jti: string): Promise<boolean> {
    return this.used.size < this.used.add(JSON.stringify([clientId, jti])).size;
  }
}
