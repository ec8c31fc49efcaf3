import type { Ask } from './sample-agent.js';

/** The sample's payments: also the audience that its API expects in a token. */
export const PAYMENTS = 'https://payments.example';
const DEPLOYS = 'https://deploys.example';

/** Low risk: policy allows it at once. */
export const READ: Ask = {
  resource: PAYMENTS,
  authorization_details: [{ type: 'tool_call', actions: ['payment.read'] }],
  task: { id: 'run-77', description: 'Look at the payments of order 8812' },
};

/** Money moves: people decide, and see exactly this. Amounts are in cents. */
export const REFUND: Ask = {
  resource: PAYMENTS,
  authorization_details: [
    {
      type: 'tool_call',
      actions: ['refund.create'],
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
    },
  ],
  max_uses: 1,
  task: { id: 'run-77', description: 'Refund order 8812', ticket: 'OPS-1' },
  justification: 'The customer sent the shoes back.',
};

/** Lacks a ticket, and so is forbidden whoever would approve. */
export const DROP: Ask = {
  resource: DEPLOYS,
  authorization_details: [{ type: 'tool_call', actions: ['database.drop'], arguments: { database: 'orders' } }],
  task: { id: 'run-78', description: 'Clean up' },
};
