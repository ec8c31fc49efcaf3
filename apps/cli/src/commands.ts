import type { Command } from './command.js';
import { agentsList } from './commands/agents-list.js';
import { agentsResume, agentsSuspend } from './commands/agents-suspend.js';
import { apply } from './commands/apply.js';
import { assertion } from './commands/assertion.js';
import { breakGlassList } from './commands/break-glass-list.js';
import { breakGlassReview } from './commands/break-glass-review.js';
import { grantsList } from './commands/grants-list.js';
import { grantsRevoke } from './commands/grants-revoke.js';
import { grantsShow } from './commands/grants-show.js';
import { keysCompromise } from './commands/keys-compromise.js';
import { keysList } from './commands/keys-list.js';
import { keysRotate } from './commands/keys-rotate.js';
import { loginLink } from './commands/login-link.js';
import { passkeyLink } from './commands/passkey-link.js';
import { policyCheck } from './commands/policy-check.js';
import { policyTest } from './commands/policy-test.js';
import { secretHash } from './commands/secret-hash.js';
import { webhooksSecret } from './commands/webhooks-secret.js';

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  apply,
  policyCheck,
  policyTest,
  loginLink,
  passkeyLink,
  secretHash,
  assertion,
  agentsList,
  agentsSuspend,
  agentsResume,
  grantsList,
  grantsShow,
  grantsRevoke,
  breakGlassList,
  breakGlassReview,
  keysList,
  keysRotate,
  keysCompromise,
  webhooksSecret,
];
