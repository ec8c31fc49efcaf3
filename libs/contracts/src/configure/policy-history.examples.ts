import { POLICY_FILE } from './policies.examples.js';
import type * as history from './policy-history.dto.js';
import { RULE, VERSION, type ExamplesOf } from '../story.examples.js';

const FILE = POLICY_FILE.name;
const NAMES: history.ConfigurationNameAnswer = { configuration: `sha256:${'1'.repeat(64)}`, version: VERSION };
const BEFORE: history.ConfigurationNameAnswer = {
  configuration: `sha256:${'2'.repeat(64)}`,
  version: `sha256:${'3'.repeat(64)}`,
};
const APPLIED: history.AppliedAnswer = {
  ...NAMES,
  at: '2026-11-22T08:00:00.000Z',
  time_sealed: true,
  by: { kind: 'system', id: 'cli:olga' },
  by_name: null,
};

export const EXAMPLES_OF_POLICY_HISTORY: ExamplesOf<typeof history> = {
  KeptPolicySetAnswer: { ...NAMES, files: [POLICY_FILE], first: APPLIED, last: APPLIED, in_force: true },
  PolicyDiffAnswer: {
    from: BEFORE,
    to: NAMES,
    policies: [
      {
        policy: RULE,
        change: 'changed',
        file: FILE,
        diff: `--- a/policies/${FILE}#${RULE}\n+++ b/policies/${FILE}#${RULE}\n@@ -1,2 +1,2 @@\n-@id("${RULE}") @outcome("allow")\n+@id("${RULE}") @outcome("require_approval") @approvers("payments-oncall")\n permit (principal, action, resource);\n`,
      },
    ],
    catalog: [{ kind: 'group', change: 'changed', id: 'payments-oncall', details: ['members.bob: added'] }],
  },
  PolicyChangePageAnswer: {
    items: [
      {
        seq: 7,
        sound: true,
        why: null,
        applied: APPLIED,
        from: BEFORE,
        counts: { policies_added: 0, policies_removed: 0, policies_changed: 1, catalog: 1 },
        decisions: { allowed: 41, asked: 12, denied: 3, more: false },
        in_force: true,
      },
    ],
    next_cursor: null,
  },
  ReadyAnswer: { status: 'ok' },
};
