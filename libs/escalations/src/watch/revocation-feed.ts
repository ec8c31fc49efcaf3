import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { refuse, type Refusal } from '#domain/refusal.js';
import { ChangeSignal, RegistrySource } from '../ports.js';
import { RevocationLog, type FeedPage, type FeedPosition } from './revocation-log.js';
import { SharedReads } from './shared-reads.js';

/** What triggers announce at a commit that revoked something, among the ids of changed escalations. */
export const REVOCATIONS = 'revocations';

/** A missed announcement costs so much at most. All readers look at the same moments, so that one statement serves them. */
const BACKSTOP_MS = 1_000;
/**
 * Ends come in bursts, mostly of other audiences. The first is read at once; between two looks that found nothing passes
 * ever more, from the first to the second of these. Who was told something begins anew.
 */
const BREATH_MS = [2, 20] as const;

/** Tells a verifier what ended for its audiences, and waits for more. */
@Injectable()
export class FollowRevocations implements BeforeApplicationShutdown {
  private stopping = false;
  private readonly reads: SharedReads;

  constructor(
    log: RevocationLog,
    private readonly signal: ChangeSignal,
    private readonly registry: RegistrySource,
  ) {
    this.reads = new SharedReads(log);
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  /** Resources that this client verifies for, sorted; refuses who is no verifier. */
  async audiences(clientId: string): Promise<readonly string[] | Refusal> {
    const { catalog } = await this.registry.current();
    const client = catalog.clients.find((candidate) => candidate.id === clientId);
    if (client === undefined || !client.roles.includes('verifier'))
      return refuse('forbidden', 'Only verifiers follow revocations.');
    return catalog.resources
      .filter((resource) => resource.verifiers.includes(clientId))
      .map((resource) => resource.id)
      .sort();
  }

  /** The next page, the same object for all who read the same; with `waitMs` not an empty one before that has passed, `gone` is aborted or this process stops. */
  async next(
    audiences: readonly string[],
    from: FeedPosition | null,
    waitMs: number,
    gone: AbortSignal,
  ): Promise<FeedPage> {
    const until = endOf(waitMs);
    let breath: number = BREATH_MS[0];
    for (;;) {
      const began = performance.now();
      const left = Math.max(0, until - began);
      // Asked before the read: what commits during it is heard.
      const heard = this.signal.wait(REVOCATIONS, Math.min(nextLook(began), left));
      const page = await this.reads.read(audiences, from);
      if (page.items.length > 0 || !page.caughtUp || left === 0 || gone.aborted || this.stopping) return page;
      from = page.position;
      await heard;
      const soon = breath - (performance.now() - began);
      if (soon > 0) await new Promise((resolve) => setTimeout(resolve, soon));
      breath = Math.min(2 * breath, BREATH_MS[1]);
    }
  }
}

/** Milliseconds to the next moment at which all readers look. */
function nextLook(now: number): number {
  return BACKSTOP_MS - (now % BACKSTOP_MS);
}

/** When a wait is over: a long one up to a second early, at a moment at which others look too. */
function endOf(waitMs: number): number {
  const end = performance.now() + waitMs;
  return waitMs > 2 * BACKSTOP_MS ? end - (end % BACKSTOP_MS) : end;
}
