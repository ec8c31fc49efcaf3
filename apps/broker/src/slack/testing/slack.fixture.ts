import { DetailsOpened } from '#slack/ports.js';
import type { Done, Posted } from '#slack/send/slack-gateway.js';
import type { AccountStatus } from '#slack/send/account-status.js';
import type { CardMessage } from '#slack/views/card/approval-card.view.js';
import type { WritModal } from '#slack/views/block-kit.js';

/** The Details that each person has opened. */
export class DetailsInMemory extends DetailsOpened {
  readonly opened = new Set<string>();

  override async record(opened: { digest: string; person: string }): Promise<void> {
    this.opened.add(`${opened.person} ${opened.digest}`);
  }
  override async isOpened(opened: { digest: string; person: string }): Promise<boolean> {
    return this.opened.has(`${opened.person} ${opened.digest}`);
  }
}

/** Slack as the actions meet it: what was said to whom, and what Slack answers. */
export class GatewayInMemory {
  readonly said: { readonly channel: string; readonly user: string; readonly text: string }[] = [];
  readonly modals: WritModal[] = [];
  readonly rewritten: { readonly channel: string; readonly ts: string; readonly text: string }[] = [];
  standing: AccountStatus = { kind: 'ok' };
  modalAnswer: Done = { kind: 'ok' };
  postAnswer: Posted = { kind: 'ok', ts: '1700000009.000100' };

  async ephemeral(channel: string, user: string, text: string): Promise<Done> {
    this.said.push({ channel, user, text });
    return { kind: 'ok' };
  }
  async respond(_: string, text: string): Promise<Done> {
    this.said.push({ channel: 'response_url', user: '', text });
    return { kind: 'ok' };
  }
  async openModal(_: string, view: WritModal): Promise<Done> {
    this.modals.push(view);
    return this.modalAnswer;
  }
  async accountStatus(): Promise<AccountStatus> {
    return this.standing;
  }
  async post(): Promise<Posted> {
    return this.postAnswer;
  }
  async update(channel: string, ts: string, { text }: CardMessage): Promise<Done> {
    this.rewritten.push({ channel, ts, text });
    return this.postAnswer.kind === 'ok' ? { kind: 'ok' } : this.postAnswer;
  }
}
