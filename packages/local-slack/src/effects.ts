import { TRIGGER_LIFE_MS } from './triggers.js';
import type { Change, Workspace } from './workspace.js';

/** After a visible effect that is not a modal, a modal may still follow for this long. */
const GRACE_MS = 120;

/** Watches what an app does in answer to one act, from before the act is delivered. */
export class EffectWatch {
  private viewId: string | undefined;
  private touched = false;
  private wake: () => void = () => undefined;
  private readonly stop: () => void;

  /** `expected` says which changes answer the act without being the awaited view; `isView` which view does. */
  constructor(
    workspace: Workspace,
    isView: (change: Change & { kind: 'view' }) => boolean,
    expected: (change: Change) => boolean,
  ) {
    this.stop = workspace.onChange((change) => {
      if (change.kind === 'view' && isView(change)) this.viewId = change.viewId;
      else if (expected(change)) this.touched = true;
      else return;
      this.wake();
    });
  }

  /** Waits for a view until another effect is seen or a trigger would have died; returns the view's id when one came. */
  async settle(): Promise<string | undefined> {
    const deadline = Date.now() + TRIGGER_LIFE_MS;
    while (this.viewId === undefined && Date.now() < deadline) {
      const patience = this.touched ? Math.min(GRACE_MS, deadline - Date.now()) : deadline - Date.now();
      const woken = await this.sleep(patience);
      if (!woken && this.touched) break;
    }
    return this.viewId;
  }

  /** Stops watching. */
  end(): void {
    this.stop();
    this.wake();
  }

  private sleep(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
