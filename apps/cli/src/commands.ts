import type { Command } from './command.js';
import { agentsList } from './commands/agents-list.js';
import { agentsResume, agentsSuspend } from './commands/agents-suspend.js';
import { apply } from './commands/apply.js';
import { assertion } from './commands/assertion.js';
import { breakGlassList } from './commands/break-glass-list.js';
import { breakGlassReview } from './commands/break-glass-review.js';
import { deadLettersList } from './commands/dead-letters-list.js';
import { deadLettersRetry } from './commands/dead-letters-retry.js';
import { doctor } from './commands/doctor.js';
import { grantsList } from './commands/grants-list.js';
import { grantsRevoke } from './commands/grants-revoke.js';
import { grantsShow } from './commands/grants-show.js';
import { init } from './commands/init.js';
import { keygen } from './commands/keygen.js';
import { kill } from './commands/kill.js';
import { keysCompromise } from './commands/keys-compromise.js';
import { keysList } from './commands/keys-list.js';
import { keysRotate } from './commands/keys-rotate.js';
import { loginLink } from './commands/login-link.js';
import { migrate } from './commands/migrate.js';
import { passkeyLink } from './commands/passkey-link.js';
import { policyCheck } from './commands/policy-check.js';
import { policyTest } from './commands/policy-test.js';
import { restoreDeclare } from './commands/restore-declare.js';
import { restoreReview } from './commands/restore-review.js';
import { restoreStatus } from './commands/restore-status.js';
import { secretHash } from './commands/secret-hash.js';
import { webhooksSecret } from './commands/webhooks-secret.js';

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  init,
  keygen,
  apply,
  migrate,
  policyCheck,
  policyTest,
  loginLink,
  passkeyLink,
  secretHash,
  assertion,
  agentsList,
  agentsSuspend,
  agentsResume,
  kill,
  grantsList,
  grantsShow,
  grantsRevoke,
  breakGlassList,
  breakGlassReview,
  keysList,
  keysRotate,
  keysCompromise,
  webhooksSecret,
  deadLettersList,
  deadLettersRetry,
  doctor,
  restoreStatus,
  restoreDeclare,
  restoreReview,
];
