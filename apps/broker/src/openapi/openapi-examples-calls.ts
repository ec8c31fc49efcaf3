// One call, as the request has it and as people are told it.
export const CALL = {
  type: 'tool_call',
  actions: ['refund.create'],
  identifier: 'order/8812',
  arguments: { order: '8812', amount: 4000 },
};
export const SAID_CALL = {
  actions: [{ action: 'refund.create', sentence: 'Refund 40.00 EUR for order 8812' }],
  identifier: 'order/8812',
  arguments: [{ name: 'amount', title: 'Amount', value: 4000, shown: '40.00 EUR', read_by_policy: true }],
};
