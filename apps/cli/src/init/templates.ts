import { stringify } from 'yaml';
import { SAY_LENGTH_MAX } from '#platform/config/catalog/catalog-resources.js';
import { AGENTS_GROUP, peopleOf, verifierOf, type ActionAnswer, type Answers } from './answers.js';

const EXAMPLES = { string: '"8812"', integer: '1', boolean: 'true' } as const;
const SCHEMAS = {
  string: '{ type: string, maxLength: 64 }',
  integer:
    '{ type: integer, minimum: 0 }   # money: minor units (cents), and format: money/EUR shows them as people read them',
  boolean: '{ type: boolean }',
} as const;

/** `writ.yaml`: what exists. Agents stand last, so that another one is added at the end. */
export function writYaml(answers: Answers): string {
  const { resource, agent, approvers, slack } = answers;
  const verifier = verifierOf(resource.id);
  return `# What exists: what agents call, the agents, the people. Who may ask for what is in policies/*.cedar.
# After a change: npx writ policy check --config <this folder>, then npx writ apply. Every key: Writ's docs/configuration.md.

# What agents ask for. The id becomes \`aud\` of the tokens, compared byte for byte.
resources:
  - id: ${scalar(resource.id)}
    name: ${scalar(resource.name)}
${noted('    environment: prod', 'this and `classification` are your own words: facts for policy')}
${noted(`    owners: ${scalar(approvers.group)}`, 'told of break-glass and revocations')}
${noted('    max_token_ttl: 300', 'seconds that one token lives at most')}
    verifiers: [${scalar(verifier)}]
    actions:
${actionYaml(answers.action)}
# Resource servers and tools. This one checks the tokens (docs/verifiers.md). \`npx writ keygen\` makes keys.
clients:
  - id: ${scalar(verifier)}
    auth: { jwks_file: ${scalar(`keys/${verifier}.jwks.json`)} }
    roles: [verifier]

# Who decides. An operator may also suspend agents and revoke; an auditor reads the history.
people:
${peopleOf(answers)
  .map((id) => personYaml(id, answers))
  .join('\n')}

# People who decide together. Policies name them as @approvers("${approvers.group}").
groups:
  - id: ${scalar(approvers.group)}
    members: [${approvers.people.map(scalar).join(', ')}]
${channelYaml(slack)}

# Who asks. The owner answers for the agent, and so never approves what it asks. Another one is added here:
# npx writ keygen <id> --jwks-out keys/<id>.jwks.json
agents:
  - id: ${scalar(agent.id)}
    owner: ${scalar(agent.owner)}
    groups: [${AGENTS_GROUP}]
    auth: { jwks_file: ${scalar(`keys/${agent.id}.jwks.json`)} }
`;
}

function actionYaml({ name, risk, arguments: args }: ActionAnswer): string {
  const head = `      ${scalar(name)}:\n        risk: ${risk}\n${sayYaml(name, args)}`;
  if (args.length === 0) return `${head}        # no \`arguments\`: the action takes none\n`;
  const properties = args.map(({ name: key, type }) => `            ${scalar(key)}: ${SCHEMAS[type]}\n`).join('');
  return `${head}        arguments:               # what people are shown is exactly what a call may carry
          type: object
          additionalProperties: false
          required: [${args.map(({ name: key }) => scalar(key)).join(', ')}]
          properties:
${properties}`;
}

/** A sentence to begin with: the action in words, then its arguments. None where it would be longer than one may be. */
function sayYaml(name: string, args: ActionAnswer['arguments']): string {
  const words = name
    .split(/[^A-Za-z0-9]+/)
    .join(' ')
    .trim();
  const named = args.map(({ name: key }) => `${key} {${key}}`).join(', ');
  const say = `${words.charAt(0).toUpperCase()}${words.slice(1)}${named === '' ? '' : `: ${named}`}`;
  if (say.length > SAY_LENGTH_MAX) return '';
  return `${noted(`        say: ${quoted(say)}`, 'the call in your words: approvers read it first')}\n`;
}

function channelYaml(slack: Answers['slack']): string {
  if (slack === null)
    return noted('    # slack_channel: C0001', 'where cards would be posted; people decide in the console');
  const local = slack.local ? '; this id is the local Slack’s' : '';
  return noted(`    slack_channel: ${scalar(slack.channel)}`, `where cards are posted${local}`);
}

function personYaml(id: string, { agent, approvers, slack }: Answers): string {
  const roles = [...(id === agent.owner ? ['operator'] : []), ...(approvers.people.includes(id) ? ['approver'] : [])];
  const user = slack?.users[id];
  const account =
    slack === null || user === undefined ? '' : `\n    slack: [{ team: ${scalar(slack.team)}, user: ${scalar(user)} }]`;
  return `  - id: ${scalar(id)}\n    roles: [${roles.join(', ')}]${account}`;
}

/** What nobody can approve away. */
export function guardrailsCedar(): string {
  return `// Guardrails: a forbid always wins, whatever is permitted or approved elsewhere. Nothing is permitted by default.
// Every policy has a unique @id: agents, approvers and the history see it as the cause of a decision.

// An agent that is told no again and again is broken or hijacked. Counted over the last 24 hours.
@id("too-many-denials")
@reason("This agent was denied five times in 24 hours. Its owner should look at it first.")
forbid (principal, action, resource)
when { context.recent_denials >= 5 };

// An agent that hoards authority has lost track of its tasks.
@id("too-many-open-grants")
@reason("This agent holds ten open grants. It should complete some first.")
forbid (principal, action, resource)
when { context.open_grants >= 10 };
`;
}

/** Who may ask for the first action, and who decides. */
export function tasksCedar(answers: Answers): string {
  const { resource, action, approvers } = answers;
  const scope = `permit (
  principal in Writ::Group::"${AGENTS_GROUP}",
  action == Writ::Action::"${action.name}",
  resource == Writ::Resource::"${resource.id}"
)`;
  if (action.risk === 'low')
    return `// Low risk: the agent gets its token at once, and the history says which policy gave it. Past 30 in an hour people
// decide: a flood of harmless requests is not harmless.

@id("${idOf(action)}-at-once")
@outcome("allow")
@max_ttl("300")
${scope}
when { context.granted_last_hour < 30 };

@id("${idOf(action)}-past-the-cap")
@outcome("require_approval")
@approvers("${approvers.group}")
@max_ttl("300")
@reason("More than 30 in an hour.")
${scope}
when { context.granted_last_hour >= 30 };
`;
  return `// People decide. @quorum is how many of the group (1 when left out), @window how many seconds they have. @max_ttl and
// @max_uses bound the token, whoever approves. More: docs/policy.md of Writ.

@id("${idOf(action)}-needs-people")
@outcome("require_approval")
@approvers("${approvers.group}")
@window("900")
@max_ttl("300")
@max_uses("${action.risk === 'high' ? 1 : 10}")
@reason("${action.name} is of ${action.risk} risk.")
${scope};
`;
}

/** Cases for \`writ policy test\`: each policy is met by one. */
export function policyTestsYaml(answers: Answers): string {
  const { resource, agent, action, approvers } = answers;
  const args = action.arguments.map(({ name, type }) => `${scalar(name)}: ${EXAMPLES[type]}`).join(', ');
  const element = `{ type: tool_call, actions: [${quoted(action.name)}]${args === '' ? '' : `, arguments: { ${args} }`} }`;
  const testCase = (name: string, expect: string, more = ''): string => `
  - name: ${name}
    agent: ${scalar(agent.id)}
    resource: ${scalar(resource.id)}
    authorization_details: [${element}]
${more}    expect: ${expect}
`;
  const asked = `{ outcome: require_approval, gates: [{ group: ${scalar(approvers.group)} }] }`;
  const tasks =
    action.risk === 'low'
      ? testCase('it is given at once', '{ outcome: allow, max_ttl: 300 }') +
        testCase(
          'past 30 in an hour people decide',
          asked,
          `    facts: { granted_last_hour: { ${quoted(action.name)}: 30 } }\n`,
        )
      : testCase('people decide', asked);
  return `# What the policies must answer: npx writ policy test --config <this folder>. Needs no broker and no database.
# Facts that a case does not name are 0, and it is a Monday noon (UTC) unless \`at\` says otherwise.

cases:${tasks}${testCase('after five denials nobody is asked', '{ outcome: deny, determining: [too-many-denials] }', '    facts: { recent_denials: 5 }\n')}${testCase('with ten open grants nobody is asked', '{ outcome: deny, determining: [too-many-open-grants] }', '    facts: { open_grants: 10 }\n')}`;
}

/** Private keys never go into git. */
export function gitIgnore(): string {
  return `# Private keys: each belongs to where its agent or server runs, and nowhere else.
*.key.json
*.private.jwk.json
`;
}

/** Policy ids take the letters of action names. */
function idOf({ name }: ActionAnswer): string {
  return name.slice(0, 100);
}

/** A line and its remark, in one column where there is room. */
function noted(line: string, remark: string): string {
  return `${line.padEnd(32)} # ${remark}`;
}

/** A text as YAML reads it back, in quotes where it must be: ids may look like numbers. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trim();
}

/** In flow collections, where \`:\` and \`/\` of action names would be read as something else. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
