import type { BoltApp, SlackAck } from '#slack/receive/bolt-app.js';
import { line, type SlackLog } from '#slack/redacting-logger.js';
import type { CallWatch } from '#slack/send/slack-gateway.js';

type Bolt = Pick<BoltApp, 'process'>;

/** Bolt, opened when it is first wanted: it is 30 MiB, and where nobody clicks nobody needs it. */
export class LateBolt implements Bolt {
  private opened: Promise<Bolt> | null = null;

  /**
   * @param open loads and wires it
   * @param likely settles when somebody may soon click; it is then opened ahead, so that no click waits for that
   */
  constructor(
    private readonly open: () => Promise<Bolt>,
    private readonly log: SlackLog,
    likely: Promise<unknown>,
  ) {
    likely
      .then(() => this.bolt())
      .catch((error: unknown) => this.log.error(line(['what handles clicks cannot be loaded', error])));
  }

  async process(body: Readonly<Record<string, unknown>>, ack: SlackAck): Promise<void> {
    const bolt = await this.bolt();
    await bolt.process(body, ack);
  }

  private bolt(): Promise<Bolt> {
    this.opened ??= this.open().catch((error: unknown) => {
      // What could not be loaded now may be later.
      this.opened = null;
      throw error;
    });
    return this.opened;
  }
}

/** The same watch, and `first`: when the first call to Slack begins, after which there is something to click on. */
export function hearingFirst(watch: CallWatch): { readonly watch: CallWatch; readonly first: Promise<void> } {
  let begun: () => void = () => undefined;
  const first = new Promise<void>((resolve) => (begun = resolve));
  return {
    first,
    watch: (method, work) => {
      begun();
      return watch(method, work);
    },
  };
}
