import { setTimeout } from 'node:timers/promises';

interface Block {
  readonly type: string;
  readonly text?: { readonly text: string };
  readonly elements?: readonly { readonly text: string | { readonly text: string } }[];
}

/** A message as the local Slack shows it to its driver. */
export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly ephemeral_to?: string;
  readonly metadata?: { readonly event_payload?: { readonly escalation_id?: string } };
}

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 10_000;

/** The hand of a person in the local Slack: sees messages and clicks buttons, as the page in a browser does. */
export class SlackHand {
  private readonly base: string;
  private readonly token: string;

  /** @param pageUrl the address that the broker prints, with its `?token=` */
  constructor(pageUrl: string) {
    const url = new URL(pageUrl);
    this.base = url.origin;
    this.token = url.searchParams.get('token') ?? '';
  }

  /** Waits for the card of this escalation, in the state that its heading begins with. */
  async card(escalationId: string, heading: string): Promise<SlackMessage> {
    return this.waitFor(
      `a card "${heading}" for ${escalationId}`,
      (message) =>
        message.metadata?.event_payload?.escalation_id === escalationId &&
        (message.blocks[0]?.text?.text ?? '').startsWith(heading),
    );
  }

  /** Waits for a message that only this Slack user (`U…`) can see. */
  async whisperTo(user: string): Promise<SlackMessage> {
    return this.waitFor(`a message that only ${user} sees`, (message) => message.ephemeral_to === user);
  }

  /** Clicks Approve on a card as this Slack user (`U…`). What comes of it shows in the messages. */
  async clickApprove(user: string, card: SlackMessage): Promise<void> {
    await this.call('POST', 'click', { user, channel: card.channel, ts: card.ts, action_id: 'writ_approve' });
  }

  private async waitFor(what: string, isIt: (message: SlackMessage) => boolean): Promise<SlackMessage> {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await setTimeout(LOOK_EVERY_MS)) {
      const { messages } = (await this.call('GET', 'messages')) as { messages: SlackMessage[] };
      const found = messages.find(isIt);
      if (found !== undefined) return found;
    }
    throw new Error(`expected ${what} in the local Slack, but none appeared within ${PATIENCE_MS / 1000} s`);
  }

  private async call(method: string, command: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.base}/_dev/${command}`, {
      method,
      headers: { 'x-dev-token': this.token, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`the local Slack answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  }
}

/** The card as lines of plain text, top to bottom, with its buttons in brackets. */
export function cardLines(card: SlackMessage): string[] {
  return card.blocks.flatMap((block) => {
    if (block.type === 'divider') return ['───'];
    const words = (block.elements ?? []).map(({ text }) => (typeof text === 'string' ? text : text.text));
    if (block.type === 'actions') return [words.map((word) => `[ ${word} ]`).join('  ')];
    if (block.type === 'context')
      return words
        .map((word) => withoutBold(readable(word)))
        .join(' · ')
        .split('\n');
    return block.text === undefined ? [] : withoutBold(block.text.text).split('\n');
  });
}

/** The card's own labels are bold; a terminal shows the words. */
function withoutBold(text: string): string {
  return /^\*[^*]+\*$/.test(text) ? text.slice(1, -1) : text;
}

/** Slack writes a moment in the reader's own time zone; here its fallback, UTC, is shown, and of a link its words. */
function readable(text: string): string {
  return text.replace(/<(?:!date\^|https?:)[^|>]*\|([^>]*)>/g, '$1');
}
