import { createHash } from 'node:crypto';
import type { Transporter } from 'nodemailer';
import { unlinkedLine } from '#domain/inert-text.js';
import {
  argumentWords,
  argumentsWords,
  askWords,
  identifierLine,
  numberedCalls,
  ratedActions,
  type RatedCall,
} from '#domain/words/call-lines.js';
import type { NoticeKind } from '#escalations/tell/what-follows.js';
import type { Notice, AddressedNotice } from './notice.js';
import { NoticeChannel } from './ports.js';

const TIMEOUT_MS = 5_000;
/** Of a request's calls, and characters of each of their lines; the page has all of it. */
const CALLS_NAMED = 5;
const LINE_ROOM = 240;
const INDENT = ' '.repeat(11);

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

/** Plain-text mail with one link to decide by. No free text of an agent is in it, and no value of theirs is a link. */
export class EmailChannel extends NoticeChannel {
  override readonly kind = 'email';
  private transport: Promise<Transporter> | null = null;

  constructor(private readonly service: MailService) {
    super();
  }

  override async send({ notice, target }: AddressedNotice): Promise<void> {
    if (target.kind !== 'email') throw new Error('an e-mail goes to a mailbox');
    this.transport ??= openTransport(this.service);
    const transport = await this.transport;
    await transport.sendMail({
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

/** What sends mail is loaded with the first mail: where no service is configured, never. */
async function openTransport({ url, loopback }: MailService): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    url,
    requireTLS: !loopback && url.startsWith('smtp:'),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** One line of configured names, so that nothing an agent chose gets into a header: no identifier and no argument. */
export function subjectOf(notice: Notice): string {
  return `[Writ] ${HEADLINES[notice.kind]}: ${notice.agent.name} on ${notice.resource.name}`;
}

/** The body, RFC 3676 not needed: short lines, the link alone on its own. */
export function textOf(notice: Notice): string {
  return [
    `${HEADLINES[notice.kind]}.`,
    '',
    `${notice.agent.name}: ${unlinkedLine(askWords(notice.calls))}`,
    '',
    ...callsOf(notice),
    '',
    `Agent:     ${notice.agent.name} (${notice.agent.id})`,
    `Resource:  ${notice.resource.name} (${notice.resource.id})`,
    `Risk:      ${notice.risk}`,
    `Group:     ${notice.group}`,
    `At:        ${notice.at}`,
    `Deadline:  ${notice.expiresAt}`,
    '',
    'Identifiers and arguments were chosen by the agent; an address among them is written so that it is no link.',
    'The whole request, and the buttons, are on this page after you have signed in:',
    '',
    notice.url,
    '',
    'This mail cannot be answered, and nothing in it decides.',
    '',
  ].join('\n');
}

/** Each call with its number, then identifier and arguments on lines that begin with blanks, as no line of ours does. */
function callsOf({ calls }: Notice): string[] {
  const numbered = numberedCalls(calls);
  const more = numbered.length - CALLS_NAMED;
  return [
    ...numbered
      .slice(0, CALLS_NAMED)
      .flatMap(({ call, number }) => [
        `Call ${number}:    ${ratedActions(call)}`,
        ...[identifierLine(call), ...argumentLines(call)].map((line) => `${INDENT}${shortened(unlinkedLine(line))}`),
      ]),
    ...(more > 0 ? [`and ${more} more, on the page`] : []),
  ];
}

function argumentLines(call: RatedCall): string[] {
  return call.arguments === null || call.arguments.length === 0
    ? [argumentsWords(call)]
    : call.arguments.map(argumentWords);
}

/** A long value without its middle, visibly. */
function shortened(line: string): string {
  const letters = [...line];
  const half = LINE_ROOM / 2;
  return letters.length <= LINE_ROOM
    ? line
    : `${letters.slice(0, half).join('')} … ${letters.slice(-half).join('')} (shortened)`;
}

/** The same for the same event and mailbox, so that a mail that was sent twice is one mail to its reader. */
function messageId(notice: Notice, address: string): string {
  const place = createHash('sha256').update(address).digest('hex').slice(0, 16);
  return `<${notice.id}.${place}@${new URL(notice.url).hostname}>`;
}
