import { applyDecorators } from '@nestjs/common';
import {
  ApiBasicAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '#contracts/wire/describe.js';
import { DEFERRED } from '#domain/deferred-grant.js';
import { CLIENT_CREDENTIALS } from '#oauth/grants/asking.js';
import { ACCESS_TOKEN, TOKEN_EXCHANGE } from '#oauth/grants/renewal.js';

type Members = Record<string, { type: string; [more: string]: unknown }>;

const TEXT = { type: 'string' };
const INTEGER = { type: 'integer' };
const DETAILS = { type: 'array', items: { type: 'object', additionalProperties: true } };

/** How a form proves who sends it; resource servers may use HTTP Basic instead. */
const PROOF: Members = {
  client_assertion_type: {
    ...TEXT,
    enum: [
      'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe',
    ],
  },
  client_assertion: {
    ...TEXT,
    description:
      'iss = sub = your id, aud = the issuer alone, exp - iat <= 120, jti used once; or a registered workload token',
  },
  client_id: { ...TEXT, description: 'Optional; must be who the proof says.' },
};

/** The members of an ask (`EscalationBody`) as a form says them. */
const ASK: Members = {
  resource: { ...TEXT, description: 'To ask: whose token, exactly one.' },
  authorization_details: { ...TEXT, description: 'To ask: the calls it allows, as JSON text (RFC 9396).' },
  requested_ttl: { ...TEXT, pattern: '^[0-9]+$', description: 'To ask: seconds.' },
  max_uses: { ...TEXT, pattern: '^[0-9]+$', description: 'To ask: counted calls.' },
  task: { ...TEXT, description: 'To ask: JSON text. Default: a task of this ask alone, named as its escalation.' },
  justification: { ...TEXT, description: 'To ask: shown to people as unverified.' },
  evidence: { ...TEXT, description: 'To ask: JSON text.' },
  break_glass: { ...TEXT, enum: ['true', 'false'], description: 'To ask.' },
  completion_mode: {
    ...TEXT,
    description:
      'To ask: a space-separated list. With `deferred`, people may decide later; without it such an ask is refused.',
  },
};

const ERROR = {
  type: 'object',
  required: ['error', 'error_description'],
  properties: {
    error: TEXT,
    error_description: TEXT,
    interval: { ...INTEGER, description: 'Seconds between polls.' },
    deferral_code: { ...TEXT, description: 'In the answer to an ask that people decide: redeem it.' },
    expires_in: { ...INTEGER, description: 'Seconds that people have to decide.' },
    escalation_id: { ...TEXT, description: 'In the answer to an ask that left one.' },
  },
  additionalProperties: true,
};

function form(description: string, required: string[], members: Members) {
  return applyDecorators(
    ApiTags('oauth'),
    ApiBasicAuth(),
    ApiOperation({ summary: description }),
    ApiConsumes('application/x-www-form-urlencoded'),
    ApiBody({ schema: { type: 'object', required, properties: { ...members, ...PROOF } } }),
    failure(401, 'The client is not authenticated.', ['invalid_client']),
    failure(413, 'The body is larger than 256 KiB.', ['invalid_request']),
    failure(415, 'The body is no form.', ['invalid_request']),
    failure(503, 'Come back after `Retry-After` seconds.', ['temporarily_unavailable']),
  );
}

function failure(status: number, description: string, errors: string[]) {
  const examples = Object.fromEntries(
    errors.map((error) => [
      error,
      { summary: error, value: { error, error_description: '...', ...intervalOf(error) } },
    ]),
  );
  return ApiResponse({ status, description, content: { 'application/json': { schema: ERROR, examples } } });
}

function intervalOf(error: string): { interval?: number } {
  return error === 'authorization_pending' || error === 'slow_down' ? { interval: 2 } : {};
}

function success(description: string, required: string[], properties: Members) {
  return ApiResponse({
    status: 200,
    description,
    content: { 'application/json': { schema: { type: 'object', required, properties, additionalProperties: true } } },
  });
}

/** Describes `POST /oauth/token`. */
export function DescribeToken(): MethodDecorator {
  return applyDecorators(
    form('Ask for a token, redeem a deferral code, or renew a token', ['grant_type'], {
      grant_type: { ...TEXT, enum: [CLIENT_CREDENTIALS, DEFERRED, TOKEN_EXCHANGE] },
      ...ASK,
      deferral_code: { ...TEXT, description: 'To redeem: from the answer to the ask.' },
      subject_token: {
        ...TEXT,
        description: 'To renew: your own access token, while it is live. It ends with the answer.',
      },
      subject_token_type: { ...TEXT, enum: [ACCESS_TOKEN], description: 'To renew.' },
      requested_token_type: { ...TEXT, enum: [ACCESS_TOKEN], description: 'Optional.' },
    }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: '1-128 visible ASCII; the same key and form fetch a lost answer again, a token within 60 s.',
    }),
    success('The token.', ['access_token', 'token_type', 'expires_in', 'scope', 'authorization_details', 'grant_id'], {
      access_token: TEXT,
      token_type: { ...TEXT, enum: ['Bearer'] },
      expires_in: INTEGER,
      scope: TEXT,
      authorization_details: DETAILS,
      grant_id: TEXT,
      escalation_id: { ...TEXT, description: 'In the answer to an ask.' },
      issued_token_type: { ...TEXT, enum: [ACCESS_TOKEN], description: 'In the answer to a renewal.' },
    }),
    failure(400, 'Not yet, or never: see `error`.', [
      'authorization_pending',
      'slow_down',
      'access_denied',
      'expired_token',
      'invalid_authorization_details',
      'invalid_grant',
      'invalid_request',
      'unauthorized_client',
      'unsupported_grant_type',
    ]),
    failure(409, 'The first call with this Idempotency-Key is under way.', ['temporarily_unavailable']),
    failure(429, 'Too many asks, or too many that wait for people.', ['temporarily_unavailable']),
  );
}

/** Describes `POST /oauth/introspect`. */
export function DescribeIntrospection(): MethodDecorator {
  return applyDecorators(
    form('Ask whether a token is good now', ['token'], { token: TEXT, token_type_hint: TEXT }),
    success('The claims of a token that is good for this caller; otherwise exactly `{"active":false}`.', ['active'], {
      active: { type: 'boolean' },
      token_type: TEXT,
      grant_status: TEXT,
      uses_remaining: { ...INTEGER, nullable: true },
    }),
    failure(400, 'The form is not usable.', ['invalid_request']),
  );
}

/** Describes `POST /oauth/revoke`. */
export function DescribeRevocation(): MethodDecorator {
  return applyDecorators(
    form('End the grant of a token, or cancel by its deferral code', ['token'], { token: TEXT, token_type_hint: TEXT }),
    ApiResponse({ status: 200, description: 'Nothing more can be done with it, or it was never yours. Empty.' }),
    failure(400, 'The form is not usable.', ['invalid_request']),
  );
}

/** Describes a metadata document. */
export function DescribeMetadata(summary: string): MethodDecorator {
  return applyDecorators(
    ApiTags('oauth'),
    ApiOperation({ summary }),
    success('The metadata.', ['issuer', 'token_endpoint', 'jwks_uri'], {
      issuer: TEXT,
      token_endpoint: TEXT,
      jwks_uri: TEXT,
    }),
  );
}

/** Describes the key set. */
export function DescribeJwks(): MethodDecorator {
  return applyDecorators(
    ApiTags('oauth'),
    ApiOperation({ summary: 'The keys that verify access tokens' }),
    success('A JWK Set (RFC 7517).', ['keys'], { keys: DETAILS }),
  );
}
