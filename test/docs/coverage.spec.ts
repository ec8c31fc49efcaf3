import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { coverageFault, type GrantedCall } from '#domain/authority/coverage.js';
import type { JsonObject } from '#domain/json.js';
import type { Answer } from '../harness/actors/agent.js';
import { setStage, type Stage } from '../harness/world/stage.js';

/** One line of docs/vectors/coverage.json, as docs/verifiers.md describes it. */
interface Vector {
  readonly name: string;
  readonly token: { readonly authorization_details: readonly GrantedCall[] };
  readonly call: {
    readonly action: string;
    readonly identifier?: string;
    readonly arguments?: JsonObject;
    readonly arguments_text?: string;
  };
  readonly verdict: 'allowed' | 'action_not_granted' | 'digest_mismatch';
  readonly asked?: readonly GrantedCall[];
  readonly consume_status?: number;
  readonly foreign?: string;
}

/** What readers copy is plain JavaScript, without types. */
const EXAMPLE = pathToFileURL(resolve('docs/examples/resource.mjs')).href;
const VECTORS = JSON.parse(readFileSync('docs/vectors/coverage.json', 'utf8')) as Vector[];
const cases = (vectors: Vector[]): [string, Vector][] => vectors.map((vector) => [vector.name, vector]);

/** The call as a resource server has it, once it has read the arguments that came over the wire. */
function callOf({ call: { arguments_text: text, ...call } }: Vector): Omit<Vector['call'], 'arguments_text'> {
  return text === undefined ? call : { ...call, arguments: JSON.parse(text) as JsonObject };
}

describe('the vectors of coverage', () => {
  it('are many, each with a name of its own', () => {
    expect(VECTORS.length).toBeGreaterThan(25);
    expect(new Set(VECTORS.map(({ name }) => name)).size).toBe(VECTORS.length);
  });

  it.each(cases(VECTORS))('hold of the broker’s own rule: %s', (_name, vector) => {
    const { action, identifier = null, arguments: args = null } = callOf(vector);
    const fault = coverageFault(vector.token.authorization_details, { action, identifier, arguments: args });
    expect(fault ?? 'allowed').toBe(vector.verdict);
  });

  it.each(cases(VECTORS))('hold of the example to copy: %s', async (_name, vector) => {
    const { coverage } = (await import(EXAMPLE)) as { coverage: (details: unknown, call: unknown) => string };
    expect(coverage(vector.token.authorization_details, callOf(vector))).toBe(vector.verdict);
  });
});

describe('the vectors of coverage, at a broker', () => {
  const properties = (types: Record<string, string | object>, required: string[] = []): object => ({
    type: 'object',
    additionalProperties: false,
    required,
    properties: Object.fromEntries(
      Object.entries(types).map(([name, type]) => [name, typeof type === 'string' ? { type } : type]),
    ),
  });
  const ACTIONS = {
    'refund.create': { risk: 'low', arguments: properties({ order: 'string', amount: 'integer' }, ['order']) },
    'payment.read': { risk: 'low' },
    'payment.list': { risk: 'low' },
    'note.add': {
      risk: 'low',
      arguments: properties({ text: 'string', tags: { type: 'array', items: { type: 'string' } }, urgent: 'boolean' }, [
        'text',
      ]),
    },
    'report.make': { risk: 'low', arguments: properties({ period: 'string' }) },
    'odd.names': {
      risk: 'low',
      arguments: properties({ a: 'string', '\u{1f600}': 'integer', '\ue000': 'integer' }),
    },
  };
  const POLICIES = `
@id("all") @outcome("allow")
permit (principal in Writ::Group::"support", action, resource == Writ::Resource::"https://payments.example");`;

  let stage: Stage;
  beforeAll(async () => {
    const change = (config: { resources: Record<string, unknown>[] }): void =>
      void Object.assign(config.resources[0] as object, { actions: ACTIONS });
    stage = await setStage(change, { policies: POLICIES });
  });
  afterAll(() => stage.close());

  it.each(cases(VECTORS.filter(({ foreign }) => foreign === undefined)))(
    'a token is made with just these details, and consuming answers just so: %s',
    async (_name, vector) => {
      const { token, details } = await minted(vector);
      expect(details).toEqual(vector.token.authorization_details);
      const { status, body } = await consumed(token, vector);
      if (vector.consume_status !== undefined) return expect(status).toBe(vector.consume_status);
      expect(status).toBe(200);
      expect(body.allowed === true ? 'allowed' : body.code).toBe(vector.verdict);
    },
  );

  async function minted({ name, token, asked }: Vector): Promise<{ token: string; details: unknown }> {
    const agent = stage.caller('support-bot');
    const answer = await agent.ask({
      resource: 'https://payments.example',
      authorization_details: asked ?? token.authorization_details,
      task: { id: 'vector', description: name },
    });
    expect(answer).toMatchObject({ status: 201, body: { status: 'approved' } });
    const given = await agent.redeem(answer.body.continuation.deferral_code);
    const jwt: string = given.body.access_token;
    const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
    return { token: jwt, details: claims['authorization_details'] };
  }

  /** The text of the arguments as it stands in the vector: what a server passes on need not be of JavaScript. */
  function consumed(token: string, { name, call: { arguments_text: text, ...call } }: Vector): Promise<Answer> {
    const body = JSON.stringify({ token, ...call, call_id: `call-${VECTORS.findIndex((one) => one.name === name)}` });
    const whole = text === undefined ? body : body.replace(/}$/, `,"arguments":${text}}`);
    return stage.caller('payments-api').post('/v1/tokens/consume', whole);
  }
});
