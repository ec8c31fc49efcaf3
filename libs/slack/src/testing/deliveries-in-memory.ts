import { SlackDeliveries } from '../ports.js';

/** Replay keys as the contract says. */
export class DeliveriesInMemory extends SlackDeliveries {
  readonly keys = new Set<string>();
  /** What the store does before it looks: waits, or throws while it is away. */
  answer: () => Promise<void> = async () => undefined;

  override async first(replayKey: string): Promise<boolean> {
    await this.answer();
    return this.keys.size < this.keys.add(replayKey).size;
  }
  override async forget(replayKey: string): Promise<void> {
    this.keys.delete(replayKey);
  }
}
