import type { Command } from './command.js';

/** What help says of a command before its module, and all that this imports, is loaded. */
export interface CommandRow {
  /** The words that call it, such as `grants list`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'init',
    summary: 'ask five questions and write a configuration folder that works',
    load: async () => (await import('./commands/install/init.js')).init,
  },
  {
    name: 'keygen',
    summary: 'make an agent’s key pair: a private key file, and what writ.yaml needs of it',
    load: async () => (await import('./commands/keys/keygen.js')).keygen,
  },
  {
    name: 'apply',
    summary: 'put the configuration and its policies in force',
    load: async () => (await import('./commands/configure/apply.js')).apply,
  },
  {
    name: 'migrate',
    summary: 'make or update the tables, as their owner',
    load: async () => (await import('./commands/install/migrate.js')).migrate,
  },
  {
    name: 'policy check',
    summary: 'check writ.yaml and the policies, telling every fault at once',
    load: async () => (await import('./commands/configure/policy-check.js')).policyCheck,
  },
  {
    name: 'policy test',
    summary: 'run policy test cases: what is asked, and what must come of it',
    load: async () => (await import('./commands/configure/policy-test.js')).policyTest,
  },
  {
    name: 'login-link',
    summary: 'print a code that signs a person in, once, within five minutes',
    load: async () => (await import('./commands/people/login-link.js')).loginLink,
  },
  {
    name: 'passkey-link',
    summary: 'print a link by which a person adds a passkey, once, within ten minutes',
    load: async () => (await import('./commands/people/passkey-link.js')).passkeyLink,
  },
  {
    name: 'secret-hash',
    summary: 'hash a client secret for writ.yaml',
    load: async () => (await import('./commands/keys/secret-hash.js')).secretHash,
  },
  {
    name: 'assertion',
    summary: 'print a fresh client assertion for curl; or explain one',
    load: async () => (await import('./commands/keys/assertion.js')).assertion,
  },
  {
    name: 'agents list',
    summary: 'list the agents, with what they hold',
    load: async () => (await import('./commands/watch/agents-list.js')).agentsList,
  },
  {
    name: 'agents suspend',
    summary: 'end everything an agent holds and asks, and let it ask no more',
    load: async () => (await import('./commands/end/agents-suspend.js')).agentsSuspend,
  },
  {
    name: 'agents resume',
    summary: 'let a suspended agent ask again; nothing it held comes back',
    load: async () => (await import('./commands/end/agents-suspend.js')).agentsResume,
  },
  {
    name: 'kill',
    summary: 'end at once all of an agent, a task, an approver or a signing key',
    load: async () => (await import('./commands/end/kill.js')).kill,
  },
  {
    name: 'grants list',
    summary: 'list grants, newest first',
    load: async () => (await import('./commands/watch/grants-list.js')).grantsList,
  },
  {
    name: 'grants show',
    summary: 'tell the whole story of a grant: who asked, which policy, who said yes, what was done',
    load: async () => (await import('./commands/watch/grants-show.js')).grantsShow,
  },
  {
    name: 'grants revoke',
    summary: 'end a grant now; its tokens are refused from then on',
    load: async () => (await import('./commands/end/grants-revoke.js')).grantsRevoke,
  },
  {
    name: 'break-glass list',
    summary: 'list the uses of break-glass, newest first',
    load: async () => (await import('./commands/watch/break-glass-list.js')).breakGlassList,
  },
  {
    name: 'break-glass review',
    summary: 'say what came of a use of break-glass; its agent may then use it again',
    load: async () => (await import('./commands/watch/break-glass-review.js')).breakGlassReview,
  },
  {
    name: 'keys list',
    summary: 'list the signing keys and what each is doing',
    load: async () => (await import('./commands/keys/keys-list.js')).keysList,
  },
  {
    name: 'keys rotate',
    summary: 'publish the next signing key now and sign with it after a lead',
    load: async () => (await import('./commands/keys/keys-rotate.js')).keysRotate,
  },
  {
    name: 'keys compromise',
    summary: 'end every token of a signing key at once and withdraw the key',
    load: async () => (await import('./commands/keys/keys-compromise.js')).keysCompromise,
  },
  {
    name: 'webhooks secret',
    summary: 'print the secret of each webhook that a group of writ.yaml is told by',
    load: async () => (await import('./commands/keys/webhooks-secret.js')).webhooksSecret,
  },
  {
    name: 'dead-letters list',
    summary: 'list the jobs that failed for good and wait for somebody, newest first',
    load: async () => (await import('./commands/recover/dead-letters-list.js')).deadLettersList,
  },
  {
    name: 'dead-letters retry',
    summary: 'have jobs that failed for good tried again',
    load: async () => (await import('./commands/recover/dead-letters-retry.js')).deadLettersRetry,
  },
  {
    name: 'doctor',
    summary: 'look for what keeps people from being asked and decisions from counting',
    load: async () => (await import('./commands/install/doctor.js')).doctor,
  },
  {
    name: 'restore status',
    summary: 'show whether a restore holds everything, and the restores before it',
    load: async () => (await import('./commands/recover/restore-status.js')).restoreStatus,
  },
  {
    name: 'restore declare',
    summary: 'after restoring a backup: hold everything until it is reviewed',
    load: async () => (await import('./commands/recover/restore-declare.js')).restoreDeclare,
  },
  {
    name: 'restore review',
    summary: 'end a restore’s hold: with all grants from before it, or keeping them',
    load: async () => (await import('./commands/recover/restore-review.js')).restoreReview,
  },
];
