// Verifies the passkey signatures of an approved escalation without Writ: Node's own crypto, and these words.
//
//   node tools/verify-approval.mjs escalation.json [--public-key key.pem] [--origin https://writ.example]
//
// escalation.json: the answer of GET /v1/grants/{id} or GET /v1/escalations/{id} of somebody who may read the votes.
// --public-key: PEM (SPKI) or JWK of the passkey, from whoever vouches for its owner. Without it the key that was kept
// with the vote is used, which shows that nothing was changed since and not whose key it is. With several signed votes,
// --person says whose the key is.
// --origin: the broker's issuer; without it the origin that was signed is printed for you to judge.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const sha256 = (data) => createHash('sha256').update(data).digest();
const bytes = (text) => {
  const decoded = Buffer.from(String(text), 'base64url');
  // A decoder drops what it cannot read: then this text is not what was signed.
  check(decoded.toString('base64url') === text, 'a member is not base64url');
  return decoded;
};

class Failed extends Error {}

function check(condition, why) {
  if (!condition) throw new Failed(why);
}

/** RFC 8785 for JSON that was parsed: sorted members, no spaces; JSON.stringify writes texts and numbers as it asks. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** The digest that people were shown, computed anew from the whole request. */
function digestOf(escalation) {
  const { resource, authorization_details, requested_ttl, max_uses, task, ...rest } = escalation.request;
  const { justification, evidence, break_glass, chain } = rest;
  const { id, agent, policy } = escalation;
  const { id: taskId, description, ticket } = task;
  const asked = { authorization_details, requested_ttl, max_uses, justification, evidence, break_glass, chain };
  const whole = { v: 1, id, agent, resource, ...asked, task: { id: taskId, description, ticket } };
  return `sha256:${sha256(canonical({ ...whole, policy_version: policy.version })).toString('hex')}`;
}

function readKey(file) {
  const text = readFileSync(file, 'utf8').trim();
  return text.startsWith('{') ? createPublicKey({ key: JSON.parse(text), format: 'jwk' }) : createPublicKey(text);
}

/** Throws unless the vote's signature is one of this key over exactly this vote on exactly this escalation. */
function verifyVote(escalation, vote, key, origin) {
  const { statement, credential_id, authenticator_data, client_data_json, signature } = vote.step_up;
  const { id, digest } = escalation;
  const { person, verdict, limits } = vote;
  const said = { v: 1, escalation: id, digest, verdict, limits, person, nonce: statement.nonce };
  check(vote.digest === digest && digest === digestOf(escalation), 'the digest is not that of the request');
  check(canonical(statement) === canonical(said), 'the statement is not this vote on this escalation');
  check(verdict === 'approve' && bytes(credential_id).length > 0, 'this is no approval by a passkey');
  const clientData = JSON.parse(bytes(client_data_json).toString('utf8'));
  check(
    clientData.type === 'webauthn.get' && clientData.crossOrigin !== true,
    'this was no assertion on a page of Writ',
  );
  check(clientData.challenge === sha256(canonical(statement)).toString('base64url'), 'another challenge was signed');
  check(origin === undefined || clientData.origin === origin, `the page was ${clientData.origin}`);
  const data = bytes(authenticator_data);
  const { hostname } = new URL(clientData.origin);
  check(data.subarray(0, 32).equals(sha256(hostname)), 'the authenticator signed for another site');
  check((data[32] & 0x05) === 0x05, 'the authenticator did not verify who used it');
  const signed = Buffer.concat([data, sha256(bytes(client_data_json))]);
  const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  check(verify(algorithm, signed, key, bytes(signature)), 'the signature is not good');
  return clientData.origin;
}

function main() {
  const text = { type: 'string' };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'public-key': text, origin: text, person: text },
  });
  if (positionals.length !== 1)
    throw new Failed('usage: verify-approval.mjs escalation.json [--public-key file] [--person id] [--origin url]');
  const story = JSON.parse(readFileSync(positionals[0], 'utf8'));
  const escalation = story.escalation ?? story;
  const votes = story.votes ?? escalation.votes ?? [];
  const { person, origin } = values;
  const signed = votes.filter((vote) => vote.step_up && (person === undefined || vote.person === person));
  check(signed.length > 0, 'no vote here carries a signature');
  const given = values['public-key'] === undefined ? null : readKey(values['public-key']);
  check(given === null || signed.length === 1, 'several votes are signed: say with --person whose key this is');
  for (const vote of signed) {
    const key = given ?? createPublicKey({ key: vote.step_up.public_key, format: 'jwk' });
    const page = verifyVote(escalation, vote, key, origin);
    const whose = given === null ? 'the key kept with the vote' : 'the given key';
    console.log(`verified: ${vote.person} approved ${escalation.id} (${escalation.digest}) on ${page}, under ${whose}`);
  }
}

try {
  main();
} catch (error) {
  console.error(`not verified: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
