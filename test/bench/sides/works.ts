import { Person } from '../../harness/actors/person.js';
import { APPROVERS } from './field.js';
import { member } from './ours.js';
import type { Preparing, Sides } from './sides.js';
import { insist, type Sending, type Wire } from './wire.js';

const TOKEN = '"access_token"';
const CODE = 'deferral_code';
const ACTIVE = '"active":true';
const LIVE_TOKENS = 64;
const AHEAD = 16;

/** Asks each of these once. */
function once(make: (index: number) => Sending, expected: number, word: string): Preparing {
  return (count) => {
    const all = Array.from({ length: count }, (_, index) => make(index));
    return async (line, index) => void insist(await line.ask(all[index] as Sending), expected, word);
  };
}

/** The operations of both sides, each checked by its answer; `count` of them are signed ahead. */
export class Works {
  private readonly wire: Wire;
  private readonly peerWire: Wire;

  constructor(private readonly sides: Sides) {
    this.wire = sides.wire(sides.field.processes[0]?.base ?? '', AHEAD);
    this.peerWire = sides.wire(sides.peer.base, AHEAD);
  }

  readonly askHere: Preparing = (count) => once((index) => this.sides.ours.askHere(index), 200, TOKEN)(count);

  readonly create: Preparing = (count) => once((index) => this.sides.ours.ask(index), 201, CODE)(count);

  readonly redeem: Preparing = async (count) => {
    const codes = await this.codes(count);
    const collect = codes.map((code, index) => this.sides.ours.redemption(index)(code));
    return async (line, index) => void insist(await line.ask(collect[index] as Sending), 200, TOKEN);
  };

  /** Asks and collects: two requests, one operation. */
  readonly askAndCollect: Preparing = (count) => {
    const { ours } = this.sides;
    const pairs = Array.from({ length: count }, (_, index) => [ours.ask(index), ours.redemption(index)] as const);
    return async (line, index) => {
      const [ask, collect] = pairs[index] as (typeof pairs)[number];
      const code = member(insist(await line.ask(ask), 201, CODE), CODE);
      insist(await line.ask(collect(code)), 200, TOKEN);
    };
  };

  /** Each renews a token of its own. */
  readonly renew: Preparing = async (count) => {
    const tokens = await this.tokens(count);
    const renewals = tokens.map((token, index) => this.sides.ours.renewal(index)(token));
    return async (line, index) => void insist(await line.ask(renewals[index] as Sending), 200, TOKEN);
  };

  /** What makes cells that read or use the same live tokens in turn, so long as those live. */
  async overTokens(): Promise<{ introspect: Preparing; consume: Preparing; readOpaque: Preparing }> {
    const { ours, theirs } = this.sides;
    const held = await this.tokens(LIVE_TOKENS);
    const opaque: string[] = [];
    await this.peerWire.flood(LIVE_TOKENS, async (line, index) => {
      opaque[index] = member(insist(await line.ask(theirs.token(index, 'opaque')), 200, TOKEN), 'access_token');
    });
    const turn = (tokens: readonly string[], index: number): string => tokens[index % tokens.length] as string;
    return {
      introspect: once((index) => ours.introspection(turn(held, index)), 200, ACTIVE),
      consume: once((index) => ours.use(turn(held, index)), 200, '"allowed":true'),
      readOpaque: once((index) => theirs.introspection(turn(opaque, index)), 200, ACTIVE),
    };
  }

  /** Asks, has one of the people on call approve by session, and collects: three requests, one operation. */
  async approvals(): Promise<Preparing> {
    const { ours, field } = this.sides;
    const base = field.processes[0]?.base ?? '';
    const people = await Promise.all(APPROVERS.map((id) => Person.signIn(field.world, { base }, id)));
    // Signed when it is sent: where people decide, a cell may outlast an assertion.
    return () => async (line, index) => {
      const body = insist(await line.ask(ours.refund(index)), 202, CODE);
      const asked = { id: member(body, 'id'), digest: member(body, 'digest') };
      insist(await line.ask(ours.approval((people[index % people.length] as Person).cookie, asked)), 200, '"settled"');
      insist(await line.ask(ours.redemption(index)(member(body, CODE))), 200, TOKEN);
    };
  }

  readonly peerToken: Preparing = (count) => once((index) => this.sides.theirs.token(index, 'jwt'), 200, TOKEN)(count);

  /** The peer's way over a person (CIBA): asks, is approved, collects; three requests, one operation. */
  readonly peerApprovals: Preparing = () => {
    const { theirs } = this.sides;
    return async (line, index) => {
      const id = member(insist(await line.ask(theirs.backchannel(index)), 200, 'auth_req_id'), 'auth_req_id');
      insist(await line.ask(theirs.approval(index, id)), 204, '');
      insist(await line.ask(theirs.collection(index)(id)), 200, TOKEN);
    };
  };

  /** Why asking and collecting in one request cannot be measured here; null when it can. */
  async withoutAskHere(): Promise<string | null> {
    const { status, body } = await this.wire.ask(this.sides.ours.askHere(0));
    if (status === 200) return null;
    if (body.includes('unsupported_grant_type')) return 'the broker answers unsupported_grant_type';
    throw new Error(`answered ${status}: ${body}`);
  }

  private async codes(count: number): Promise<string[]> {
    const codes: string[] = [];
    await this.wire.flood(count, async (line, index) => {
      codes[index] = member(insist(await line.ask(this.sides.ours.ask(index)), 201, CODE), CODE);
    });
    return codes;
  }

  private async tokens(count: number): Promise<string[]> {
    const codes = await this.codes(count);
    const tokens: string[] = [];
    await this.wire.flood(count, async (line, index) => {
      const collect = this.sides.ours.redemption(index)(codes[index] as string);
      tokens[index] = member(insist(await line.ask(collect), 200, TOKEN), 'access_token');
    });
    return tokens;
  }
}
