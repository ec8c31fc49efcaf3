// What the examples of several bodies and answers have in common: one story, from an ask for a refund to its end.
import type { PolicyAnswer } from './ask/escalation-answers.dto.js';
import type { TaskBody, ToolCallBody } from './ask/escalation.dto.js';
import type { AuthorityAnswer } from './ask/evaluation.dto.js';

type Class = abstract new (...args: never[]) => unknown;

/**
 * Examples of the bodies and answers that a module of DTOs declares, by the name of their class. A DTO that changes does
 * not compile before its example has changed with it.
 */
export type ExamplesOf<Module> = {
  readonly [Name in keyof Module as Module[Name] extends Class ? Name : never]?: Module[Name] extends Class
    ? InstanceType<Module[Name]>
    : never;
};

export const [ESCALATION, GRANT] = ['esc_01KAMZ0000000000000000000A', 'grt_01KAMZ0000000000000000000B'];
export const DIGEST = 'sha256:7fe46c5507d95368f8aab2d0479307690be91071bbe11d5a424396c702a5f463';
export const GRANT_DIGEST = 'sha256:c39e1c0bd76ce1b12ac4423c02c45059231845381e1eed55e3db5db533f89c11';
export const VERSION = `sha256:${'0'.repeat(64)}`;
export const [ASKED, DECIDED] = ['2026-11-22T09:00:00.000Z', '2026-11-22T09:01:12.402Z'];
export const COLLECTED = '2026-11-22T09:01:13.118Z';
export const DEADLINE = '2026-11-22T09:15:00.000Z';
export const [EXPIRES, ENDED] = ['2026-11-22T09:03:13.118Z', '2026-11-22T09:02:01.550Z'];
export const TOKEN = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImsxIn0.eyJzdWIiOiJhZ2VudDpib3QifQ.c2lnbmF0dXJl';
export const CODE = 'ZGVmZXJyYWwtY29kZS1vZi10aGUtZXhhbXBsZQ';
export const PAYMENTS = 'https://payments.example';
export const RESOURCE = { resource: PAYMENTS, resource_name: 'Payments' };
export const RULE = 'refunds-need-the-oncall';
/** A passkey's id, and what it is to sign, as browsers give them; both are shortened. */
export const CREDENTIAL = 'c29mdHdhcmUta2V5LTAx';
export const CHALLENGE = 'YKZ5FZ76Y1DtMV9d_JDjrSqeK8P9dxx2bLH6f94BdpE';

export const CALL: ToolCallBody = {
  type: 'tool_call',
  actions: ['refund.create'],
  identifier: 'order/8812',
  arguments: { order: '8812', amount: 4000 },
};
export const TASK: TaskBody = { id: 'run-77', description: 'Refund order 8812', ticket: 'OPS-1' };
export const POLICY: PolicyAnswer = { outcome: 'require_approval', version: VERSION, determining: [RULE] };
export const AUTHORITY: AuthorityAnswer = { authorization_details: [CALL], ttl: 120, max_uses: 1 };
