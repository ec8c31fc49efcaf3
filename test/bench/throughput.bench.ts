import { randomUUID } from 'node:crypto';
import { hashSecret } from '#identity/agents/client-secret.js';
import { DEFERRED } from '../harness/actors/agent.js';
import { askMany, holdMany, openField, type Field } from './field.js';
import { figure, interleaved, type Bench, type Figures } from './figure.js';
import { startPeer, type Peer } from './peer.js';
import { inParallel, Wire, type Sending } from './wire.js';

const CONNECTIONS = 16;
const REDEEMED = 400;
const READ = 2_000;
const CONSUMED = 600;
const WARM_UP = 200;
/** Tokens that are looked at and used in turn. */
const TOKENS = 32;
const SECRET = 'a-secret-of-payments-api-0123456789';
const BASIC = { authorization: `Basic ${Buffer.from(`payments-api:${SECRET}`).toString('base64')}` };

/** Requests a second of one process, against `oidc-provider` in memory, by the same client over as many connections. */
export const throughput: Bench = {
  name: 'throughput',
  gives: ['redeem', 'introspect', 'consume'],
  run: async (rounds): Promise<Figures> => {
    const secret_hash = await hashSecret(SECRET);
    const field = await openField({
      processes: ['api'],
      change: (config) => {
        for (const client of config.clients) if (client['id'] === 'payments-api') client['auth'] = { secret_hash };
      },
    });
    const closers = [(): Promise<void> => field.close()];
    try {
      const peer = await startPeer(field.world.keys['support-bot'] as NonNullable<(typeof field.world.keys)[string]>);
      closers.push(() => peer.close());
      const [ours, theirs] = [new Wire(field.processes[0]?.base ?? '', CONNECTIONS), new Wire(peer.base, CONNECTIONS)];
      closers.push(async () => [ours, theirs].forEach((wire) => wire.close()));
      return await measured(rounds, { field, peer, ours, theirs });
    } finally {
      for (const closer of closers.reverse()) await closer();
    }
  },
};

interface Both {
  readonly field: Field;
  readonly peer: Peer;
  readonly ours: Wire;
  readonly theirs: Wire;
}

async function measured(rounds: number, { field, peer, ours, theirs }: Both): Promise<Figures> {
  const has = (word: string) => (body: string) => body.includes(word);
  const redeem = async (count: number): Promise<number> =>
    ours.perSecond(await redemptions(field, count), has('"access_token"'));
  const mint = async (count: number): Promise<number> =>
    theirs.perSecond(await inParallel(8, count, () => peer.tokenRequest('jwt')), has('"access_token"'));
  const held = (await holdMany(field, TOKENS)).map(({ token }) => token);
  const opaque = await inParallel(1, TOKENS, async () => {
    const { body } = await theirs.post(await peer.tokenRequest('opaque'));
    return (JSON.parse(body) as { access_token: string }).access_token;
  });
  const inTurn = <T>(tokens: readonly string[], count: number, make: (token: string) => T): T[] =>
    Array.from({ length: count }, (_, index) => make(String(tokens[index % tokens.length])));
  const read = (count: number): Promise<number> =>
    ours.perSecond(inTurn(held, count, introspection), has('"active":true'));
  const readOpaque = (count: number): Promise<number> =>
    theirs.perSecond(
      inTurn(opaque, count, (token) => peer.introspection(token)),
      has('"active":true'),
    );
  const consume = (count: number): Promise<number> => ours.perSecond(inTurn(held, count, use), has('"allowed":true'));

  for (const warm of [redeem, mint, read, readOpaque, consume]) await warm(WARM_UP);
  const minted = await interleaved(
    rounds,
    () => redeem(REDEEMED),
    () => mint(REDEEMED),
  );
  const introspected = await interleaved(
    rounds,
    () => read(READ),
    () => readOpaque(READ),
  );
  const consumed = await interleaved(
    rounds,
    () => consume(CONSUMED),
    () => readOpaque(CONSUMED),
  );
  const opaqueRead = 'introspection of an opaque token by oidc-provider 9 in memory';
  return {
    redeem: figure(
      minted.ours,
      minted.reference,
      'requests/s',
      'a stateless JWT by oidc-provider 9 in memory, private_key_jwt',
    ),
    introspect: figure(introspected.ours, introspected.reference, 'requests/s', opaqueRead),
    consume: figure(consumed.ours, consumed.reference, 'requests/s', opaqueRead),
  };
}

/** Ready to be sent: what is asked for is allowed already, and the assertions are signed. */
async function redemptions(field: Field, count: number): Promise<Sending[]> {
  const codes = await askMany(field, count);
  const agent = field.caller('support-bot');
  return inParallel(8, count, async (index) => ({
    path: '/oauth/token',
    body: new URLSearchParams({
      grant_type: DEFERRED,
      deferral_code: String(codes[index]),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await agent.assertion(),
    }).toString(),
  }));
}

function introspection(token: string): Sending {
  return { path: '/oauth/introspect', body: new URLSearchParams({ token }).toString(), headers: BASIC };
}

function use(token: string): Sending {
  return {
    path: '/v1/tokens/consume',
    body: JSON.stringify({ token, action: 'payment.read', call_id: randomUUID() }),
    headers: { ...BASIC, 'content-type': 'application/json' },
  };
}
