import { createHash } from 'node:crypto';
import { createTransport, type Transporter } from 'nodemailer';
import type { Notice, NoticeKind, AddressedNotice } from './notice.js';
import { NoticeChannel } from './ports.js';

const TIMEOUT_MS = 5_000;

/** Where mail is handed over, and in whose name. */
export interface MailService {
  /** `smtp://` or `smtps://`, with the account in it where one is needed. */
  readonly url: string;
  readonly from: string;
  /** Mail to a server on this very machine may go unencrypted; to any other it never does. */
  readonly loopback: boolean;
}

const HEADLINES: Readonly<Record<NoticeKind, string>> = {
  asked: 'Approval wanted',
  reminder: 'Still waiting for approval',
  deputy_asked: 'Approval wanted, as deputies',
  approved: 'Approved',
  denied: 'Denied',
  lapsed: 'Lapsed, nobody decided',
  break_glass_used: 'Break-glass used',
  revoked: 'Revoked',
};

/** Plain-text mail with one link. Nothing in it was written by an agent. */
export class EmailChannel extends NoticeChannel {
  override readonly kind = 'email';
  private readonly transport: Transporter;

  constructor(private readonly service: MailService) {
    super();
    this.transport = createTransport({
      url: service.url,
      requireTLS: !service.loopback && service.url.startsWith('smtp:'),
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      dnsTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  override async send({ notice, target }: AddressedNotice): Promise<void> {
    if (target.kind !== 'email') throw new Error('an e-mail goes to a mailbox');
    await this.transport.sendMail({
      from: this.service.from,
      to: { name: '', address: target.address },
      messageId: messageId(notice, target.address),
      subject: subjectOf(notice),
      text: textOf(notice),
      // RFC 3834: no vacation notes in answer.
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
  }
}

/** One line of configured names: no identifier, no argument and no word of the agent. */
export function subjectOf(notice: Notice): string {
  return `[Writ] ${HEADLINES[notice.kind]}: ${notice.agent.name} on ${notice.resource.name}`;
}

/** The body, RFC 3676 not needed: short lines, the link alone on its own. */
export function textOf(notice: Notice): string {
  return [
    `${HEADLINES[notice.kind]}.`,
    '',
    `Agent:     ${notice.agent.name} (${notice.agent.id})`,
    `Resource:  ${notice.resource.name} (${notice.resource.id})`,
    `Actions:   ${notice.actions.join(', ')}`,
    `Risk:      ${notice.risk}`,
    `Group:     ${notice.group}`,
    `At:        ${notice.at}`,
    `Deadline:  ${notice.expiresAt}`,
    '',
    'What exactly is asked, and the buttons, are on this page after you have signed in:',
    '',
    notice.url,
    '',
    'This mail cannot be answered, and nothing in it decides.',
    '',
  ].join('\n');
}

/** The same for the same event and mailbox, so that a mail that was sent twice is one mail to its reader. */
function messageId(notice: Notice, address: string): string {
  const place = createHash('sha256').update(address).digest('hex').slice(0, 16);
  return `<${notice.id}.${place}@${new URL(notice.url).hostname}>`;
}
