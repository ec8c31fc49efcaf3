import { decodeJwt } from 'jose';
import { DROP, READ, REFUND } from './asks.js';
import { readHistory, timeline } from './history.js';
import type { RunningPaymentsApi } from './payments-api.js';
import type { Escalation, SampleAgent, Token } from './sample-agent.js';
import type { Answer, SignedClient } from './signed-client.js';
import { cardLines, type SlackHand, type SlackMessage } from './slack-hand.js';
import type { Terminal } from './terminal.js';

/** Everybody in the story. The ids are those of config/sample. */
export interface Cast {
  readonly terminal: Terminal;
  readonly supportBot: SampleAgent;
  readonly deployBot: SampleAgent;
  readonly payments: RunningPaymentsApi;
  /** The payments API, when it speaks to Writ. */
  readonly verifier: SignedClient;
  readonly auditor: SignedClient;
  readonly slack: SlackHand;
}

interface Introspection {
  readonly active: boolean;
  readonly grant_status?: string;
}

/** Slack accounts of config/sample. */
const ALICE = 'U0001';
const BOB = 'U0002';

/** Tells the whole story in order; throws at the first promise that does not hold. */
export async function tellStory(cast: Cast): Promise<void> {
  await theAgentHoldsNothing(cast);
  const readToken = await aReadIsAllowedAtOnce(cast);
  const asked = await aRefundNeedsPeople(cast);
  // The agent waits while people decide: two things at once, as in life.
  const [decided] = await Promise.all([cast.supportBot.waitForDecision(asked), peopleDecide(cast, asked)]);
  const refundToken = await theAgentCollects(cast, asked, decided);
  await theApiAcceptsExactlyThat(cast, refundToken);
  await theAgentCompletes(cast, readToken, refundToken);
  await theTokensAreDead(cast, readToken, refundToken);
  await theForbiddenIsDenied(cast);
  await theHistoryStays(cast, refundToken);
}

async function theAgentHoldsNothing({ terminal, supportBot, payments }: Cast): Promise<void> {
  terminal.step('The agent holds nothing');
  terminal.say('support-bot calls GET /payments of the payments API, with no token.');
  const { status, body } = await supportBot.use(`${payments.url}/payments`, null);
  terminal.check('payments-api refuses: 401 missing_token', [status, body['code']], [401, 'missing_token']);
}

async function aReadIsAllowedAtOnce({ terminal, supportBot, payments, verifier }: Cast): Promise<Token> {
  terminal.step('A low-risk read is allowed by policy at once');
  terminal.say(`support-bot asks Writ for payment.read on ${READ.resource}.`);
  const asked = await supportBot.ask(READ);
  const rule = 'payment-reads-are-pre-authorised';
  terminal.check(
    `approved at once, nobody was asked; rule: ${rule}`,
    [asked.status, asked.policy.outcome, asked.policy.determining],
    ['approved', 'allow', [rule]],
  );
  const token = await supportBot.collect(asked);
  terminal.check(`collected a token for payment.read, good for ${token.expires_in} s`, token.scope, 'payment.read');
  const { status } = await supportBot.use(`${payments.url}/payments`, token);
  terminal.check('payments-api verifies the token and lists the payments: 200', status, 200);
  const { body } = await introspect(verifier, token);
  terminal.check('introspection at Writ: active', [body.active, body.grant_status], [true, 'active']);
  const inOne = await supportBot.askForToken(READ);
  const done = await supportBot.complete(inOne, 'Looked');
  terminal.check(
    'asked and collected in one request at /oauth/token, and completed again',
    [inOne.scope, done.status],
    ['payment.read', 'completed'],
  );
  return token;
}

async function aRefundNeedsPeople({ terminal, supportBot }: Cast): Promise<Escalation> {
  terminal.step('A refund needs people');
  terminal.say('support-bot asks for refund.create on order/8812: 40.00, once.');
  const asked = await supportBot.ask(REFUND);
  const rule = 'refunds-need-the-oncall';
  terminal.check(
    `pending: people decide; rule: ${rule}`,
    [asked.status, asked.policy.outcome, asked.policy.determining],
    ['pending', 'require_approval', [rule]],
  );
  terminal.check(
    'needed: 1 of payments-oncall, within 15 minutes',
    [asked.approval?.groups, asked.approval?.window_seconds],
    [[{ id: 'payments-oncall', quorum: 1, approved: 0 }], 900],
  );
  terminal.check(
    'until then: two reminders, then the deputies too, then it lapses',
    asked.clock?.steps.map(({ step }) => step),
    ['reminder', 'reminder', 'deputy_asked', 'lapses'],
  );
  terminal.say(
    `The request is frozen as ${shortDigest(asked.digest)}: shown, voted on and minted are this, or nothing.`,
  );
  return asked;
}

async function peopleDecide(cast: Cast, asked: Escalation): Promise<void> {
  const card = await aCardAppears(cast, asked);
  await theOwnerIsRefused(cast, card);
  await bobApproves(cast, asked, card);
}

async function aCardAppears({ terminal, slack }: Cast, asked: Escalation): Promise<SlackMessage> {
  terminal.step('A card appears in Slack');
  const card = await slack.card(asked.id, 'Access request');
  const lines = cardLines(card);
  terminal.check('the card stands in the channel of payments-oncall', card.channel, 'C0001');
  terminal.quote(lines);
  terminal.check('it shows exactly what was asked', lines.slice(1, 4), [
    'Support bot wants: Refund 40.00 EUR for order 8812 on Payments for 5 minutes, 1 use',
    '1. refund.create [HIGH] · identifier: order/8812',
    'arguments: amount 4000 (40.00 EUR), order "8812"',
  ]);
  return card;
}

async function theOwnerIsRefused({ terminal, slack }: Cast, card: SlackMessage): Promise<void> {
  terminal.say('alice, who owns support-bot, clicks Approve.');
  await slack.clickApprove(ALICE, card);
  const whisper = await slack.whisperTo(ALICE);
  terminal.check(
    'alice is refused, and only she sees why',
    /you own this agent, so others decide/.test(whisper.text),
    true,
  );
  terminal.quote([whisper.text]);
}

async function bobApproves({ terminal, slack }: Cast, asked: Escalation, card: SlackMessage): Promise<void> {
  terminal.step('A person approves');
  terminal.say('bob, of payments-oncall, clicks Approve.');
  await slack.clickApprove(BOB, card);
  const lines = cardLines(await slack.card(asked.id, 'Approved'));
  terminal.quote(lines.slice(0, 2));
  terminal.check(
    'the card now says so',
    lines.some((line) => /^Bob\b.* approved/.test(line)),
    true,
  );
  terminal.check(
    'and has no buttons any more',
    lines.some((line) => line.startsWith('[ ')),
    false,
  );
}

async function theAgentCollects(
  { terminal, supportBot }: Cast,
  asked: Escalation,
  decided: Escalation,
): Promise<Token> {
  terminal.step('The agent collects its token');
  terminal.check(
    'support-bot, which was waiting, hears: approved, nothing cut',
    [decided.status, decided.granted?.cuts],
    ['approved', []],
  );
  const token = await supportBot.collect(asked);
  const { sub, aud, exp = 0, iat = 0, digest, max_uses, authorization_details } = decodeJwt(token.access_token);
  terminal.quote([
    `sub ${sub} · aud ${String(aud)} · lives ${exp - iat} s · max_uses ${String(max_uses)}`,
    `authorization_details ${JSON.stringify(authorization_details)}`,
  ]);
  terminal.check(
    'the token carries exactly what bob saw',
    [digest, authorization_details, max_uses],
    [asked.digest, REFUND.authorization_details, 1],
  );
  return token;
}

async function theApiAcceptsExactlyThat({ terminal, supportBot, payments }: Cast, token: Token): Promise<void> {
  terminal.step('The API accepts exactly that, once');
  const refund = async (order: string, amount: number): Promise<unknown[]> => {
    const { status, body } = await supportBot.use(`${payments.url}/orders/${order}/refunds`, token, { amount });
    return [status, body['code'] ?? 'refunded'];
  };
  terminal.check('another order, 9000: refused', await refund('9000', 4000), [403, 'not_permitted']);
  terminal.check('another amount, 999.00: refused', await refund('8812', 99_900), [403, 'not_permitted']);
  terminal.check('order 8812, 40.00: refunded', await refund('8812', 4000), [201, 'refunded']);
  terminal.check('the same once more: refused, used up', await refund('8812', 4000), [401, 'used_up']);
  terminal.check('one refund was made in all', payments.refunds, [{ order: '8812', amount: 4000 }]);
}

async function theAgentCompletes({ terminal, supportBot }: Cast, ...tokens: readonly Token[]): Promise<void> {
  terminal.step('The agent reports that its task is done');
  for (const token of tokens) {
    const { status, end_reason } = await supportBot.complete(token, 'Refunded order 8812');
    terminal.check(`the grant for ${token.scope} is completed`, [status, end_reason], ['completed', 'done']);
  }
}

async function theTokensAreDead(
  { terminal, supportBot, verifier, payments }: Cast,
  read: Token,
  refund: Token,
): Promise<void> {
  terminal.step('The tokens are refused from now on');
  for (const token of [read, refund]) {
    const { body } = await introspect(verifier, token);
    terminal.check(`introspection of the token for ${token.scope}: inactive, and nothing more`, body, {
      active: false,
    });
  }
  const { exp = 0 } = decodeJwt(read.access_token);
  terminal.say(
    `By its own date the read token would live ${exp - Math.floor(Date.now() / 1000)} s more, for any number of uses.`,
  );
  const { status, body } = await supportBot.use(`${payments.url}/payments`, read);
  terminal.check('payments-api refuses it all the same: 401 inactive', [status, body['code']], [401, 'inactive']);
}

async function theForbiddenIsDenied({ terminal, deployBot }: Cast): Promise<void> {
  terminal.step('What is forbidden, nobody can approve');
  terminal.say(`deploy-bot asks for database.drop on ${DROP.resource}, without a ticket.`);
  const { status, denial, policy } = await deployBot.ask(DROP);
  terminal.check(
    'denied by policy, nobody was bothered; rule: no-drop-without-a-ticket',
    [status, denial?.by, policy.determining],
    ['denied', 'policy', ['no-drop-without-a-ticket']],
  );
  terminal.quote([denial?.reason ?? '']);
  terminal.check('and the agent is told its next step: add_ticket', denial?.next.action, 'add_ticket');
}

async function theHistoryStays({ terminal, auditor }: Cast, token: Token): Promise<void> {
  terminal.step('The history stays');
  terminal.say(`auditor-tool reads the grant ${token.grant_id}.`);
  const { grant, policy, votes, uses, events } = await readHistory(auditor, token.grant_id);
  terminal.quote(timeline(events));
  terminal.check(
    'the card is on record',
    events.some(({ type }) => type === 'card.posted'),
    true,
  );
  terminal.check('every step is on record, in order', milestones(events.map((event) => event.type)), MILESTONES);
  terminal.check(
    'the vote: bob, approve, in Slack',
    votes.map(({ person, verdict, via }) => [person, verdict, via]),
    [['bob', 'approve', 'slack']],
  );
  terminal.check(
    'the uses: one allowed, one refused',
    uses.map(({ allowed, code }) => code ?? allowed),
    [true, 'used_up'],
  );
  terminal.check(`the end: ${grant.end_reason}`, [grant.status, grant.end_reason], ['completed', 'done']);
  terminal.say(`Decided under policy version ${shortDigest(policy.version)}, by ${policy.determining.join(', ')}.`);
}

const MILESTONES = [
  'escalation.requested',
  'vote.refused',
  'vote.recorded',
  'escalation.approved',
  'grant.ready',
  'grant.activated',
  'token.minted',
  'token.used',
  'token.use_refused',
  'grant.completed',
];

/** Cards are posted and redrawn at moments of their own; everything else has its place. */
function milestones(types: readonly string[]): string[] {
  return types.filter((type) => MILESTONES.includes(type));
}

function introspect(verifier: SignedClient, token: Token): Promise<Answer<Introspection>> {
  return verifier.form<Introspection>('/oauth/introspect', { token: token.access_token });
}

/** `sha256:` and the first twelve digits, as on the card. */
function shortDigest(digest: string): string {
  return `${digest.slice(0, 'sha256:'.length + 12)}…`;
}
