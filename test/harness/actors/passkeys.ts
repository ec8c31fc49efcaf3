import type { Answer } from './agent.js';
import { SoftwareAuthenticator, type CreationOptions, type Misdeeds, type RequestOptions } from './authenticator.js';
import { Person } from './person.js';
import { withSessions } from '../world/sealed.js';
import type { Stage } from '../world/stage.js';
import { BASE_POLICIES } from '../world/world.js';

/** The base policies, where approvals of refunds and of exports are signed. */
export const STEP_UP_POLICIES = BASE_POLICIES.replace('@id("refunds")', '@id("refunds") @step_up("webauthn")').replace(
  '@id("exports-oncall")',
  '@id("exports-oncall") @step_up("webauthn")',
);

/** Signs in with an enrolment code, as `npx writ passkey-link` would make it. */
export async function enrolling(stage: Stage, person: string): Promise<Person> {
  const code = await withSessions(stage.world, (sessions) => sessions.issueEnrolmentCode(person));
  return Person.withCode(stage.broker, person, code);
}

/** Adds this passkey to whoever the session is; the answer of the second call. */
export async function addPasskey(
  person: Person,
  authenticator: SoftwareAuthenticator,
  misdeeds: Misdeeds = {},
): Promise<Answer> {
  const begun = await person.send('POST', '/v1/passkeys/options', {});
  if (begun.status !== 200) return begun;
  const credential = authenticator.create(begun.body as CreationOptions, misdeeds);
  return person.send('POST', '/v1/passkeys', { name: 'Laptop', credential });
}

/** A person with a passkey of their own. */
export async function withPasskey(stage: Stage, id: string, counter = 0): Promise<SoftwareAuthenticator> {
  const authenticator = new SoftwareAuthenticator(stage.broker.issuer, counter);
  const added = await addPasskey(await enrolling(stage, id), authenticator);
  if (added.status !== 201) throw new Error(`no passkey for ${id}: ${added.status} ${JSON.stringify(added.body)}`);
  return authenticator;
}

/** What the authenticator signs for this approval, as `step_up` of the decision. */
export async function signApproval(
  person: Person,
  authenticator: SoftwareAuthenticator,
  asked: { id: string; digest: string },
  { limits, misdeeds = {} }: { limits?: Record<string, unknown>; misdeeds?: Misdeeds } = {},
): Promise<{ nonce: string; credential: Record<string, unknown> }> {
  const body = { verdict: 'approve', digest: asked.digest, ...(limits === undefined ? {} : { limits }) };
  const begun = await person.send('POST', `/v1/escalations/${asked.id}/step-up`, body);
  if (begun.status !== 200) throw new Error(`no step-up: ${begun.status} ${JSON.stringify(begun.body)}`);
  const { nonce, options } = begun.body as { nonce: string; options: RequestOptions };
  return { nonce, credential: authenticator.get(options, misdeeds) };
}
