/** Policies by which `quick.ask` is allowed at once in an emergency, and otherwise asked of the group `security`. */
export const EMERGENCY_POLICIES = `
@id("emergency") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"quick.ask", resource) when { context.break_glass };
@id("ordinary") @outcome("require_approval") @approvers("security")
permit (principal in Writ::Group::"support", action == Writ::Action::"quick.ask", resource) unless { context.break_glass };
`;

/** The ask that breaks the glass, so that `security` is told of it. */
export const EMERGENCY = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['quick.ask'] }],
  task: { id: 'run-1' },
  break_glass: true,
  justification: 'Payments are down since noon.',
};
