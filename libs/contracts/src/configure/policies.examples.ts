import { type ExamplesOf, RULE, VERSION } from '../story.examples.js';
import type * as policies from './policies.dto.js';

export const POLICY_FILE: policies.PolicyFileAnswer = {
  name: '3-people.cedar',
  text: `@id("${RULE}") @outcome("require_approval") @approvers("payments-oncall")\npermit (principal, action, resource);\n`,
  policies: [{ id: RULE, role: 'require_approval', line: 1 }],
};

export const EXAMPLES_OF_POLICIES: ExamplesOf<typeof policies> = {
  PolicySetAnswer: { version: VERSION, files: [POLICY_FILE] },
};
