import type { Command } from './command.js';
import { agentsList } from './commands/agents-list.js';
import { agentsResume, agentsSuspend } from './commands/agents-suspend.js';
import { apply } from './commands/apply.js';
import { assertion } from './commands/assertion.js';
import { grantsList } from './commands/grants-list.js';
import { grantsRevoke } from './commands/grants-revoke.js';
import { grantsShow } from './commands/grants-show.js';
import { keysCompromise } from './commands/keys-compromise.js';
import { keysList } from './commands/keys-list.js';
import { keysRotate } from './commands/keys-rotate.js';
import { loginLink } from './commands/login-link.js';
import { policyCheck } from './commands/policy-check.js';
import { policyTest } from './commands/policy-test.js';
import { secretHash } from './commands/secret-hash.js';

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  apply,
  policyCheck,
  policyTest,
  loginLink,
  secretHash,
  assertion,
  agentsList,
  agentsSuspend,
  agentsResume,
  grantsList,
  grantsShow,
  grantsRevoke,
  keysList,
  keysRotate,
  keysCompromise,
];
