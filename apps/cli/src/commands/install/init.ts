import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makePrivateJwk } from '#platform/config/catalog/key-pair.js';
import { ROOT, WORK_FOLDER } from '#platform/root.js';
import { readArguments } from '../../arguments.js';
import { CommandFailed, UsageError, type Command, type CommandContext } from '../../command.js';
import { verifierOf, type Answers } from '../../init/answers.js';
import { gatherAnswers, QUESTIONS } from '../../init/questions.js';
import { gitIgnore, guardrailsCedar, policyTestsYaml, tasksCedar, writYaml } from '../../init/templates.js';
import { writeKeySet, writePrivateKey } from '../../key-files.js';
import { count, shownPath } from '../../text.js';
import { policyCheck } from '../configure/policy-check.js';
import { policyTest } from '../configure/policy-test.js';

const OPTIONS = {
  yes: { type: 'boolean', short: 'y' },
  'no-key': { type: 'boolean' },
  resource: { type: 'string' },
  agent: { type: 'string' },
  action: { type: 'string' },
  approvers: { type: 'string' },
  slack: { type: 'string' },
} as const;

/** Writes a configuration folder from five answers. */
export const init: Command = {
  usage: '[folder] [--yes] [--no-key] [--resource …] [--agent …] [--action …] [--approvers …] [--slack …]',
  help: [
    '  folder       where, new or empty (./writ-config)',
    '  --yes        ask nothing: what no option answers is as suggested',
    '  --no-key     make no keys; a start on the embedded database then makes development keys',
    '',
    ...QUESTIONS.map(({ key, suggestion }) => `  ${`--${key}`.padEnd(13)}"${suggestion}"`),
    '',
    'Writes writ.yaml, policies, cases for `writ policy test`, a .gitignore, and the keys of the agent and the resource',
    'server (private halves 0600). Then checks and tests what it wrote. Needs no broker and no database.',
  ],
  async run(args, context) {
    const { values, positionals } = readArguments(args, OPTIONS, ['folder…']);
    if (positionals.length > 1) throw new UsageError(`"${positionals[1]}" is one argument too many`);
    const folder = resolve(context.cwd, positionals[0] ?? 'writ-config');
    demandEmpty(folder);
    const unattended = values.yes === true || QUESTIONS.every(({ key }) => values[key] !== undefined);
    if (!unattended && context.askLine === undefined)
      throw new UsageError('standard input is no terminal: give --yes, or all five answers as options');
    context.environment();
    const answers = await gatherAnswers(values, context, unattended);
    const withKeys = values['no-key'] !== true;
    writeFolder(folder, answers, withKeys);
    return finish(folder, answers, withKeys, context);
  },
};

/** New, empty, or with nothing but a fresh git. */
function demandEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new CommandFailed(`${folder} is a file; name a folder`);
  if (readdirSync(folder).some((name) => name !== '.git'))
    throw new CommandFailed(`${folder} is not empty; name a new folder`);
}

function writeFolder(folder: string, answers: Answers, withKeys: boolean): void {
  mkdirSync(join(folder, 'policies'), { recursive: true });
  const files: Record<string, string> = {
    '.gitignore': gitIgnore(),
    'writ.yaml': writYaml(answers),
    'policies/0-guardrails.cedar': guardrailsCedar(),
    'policies/1-tasks.cedar': tasksCedar(answers),
    'policy-tests.yaml': policyTestsYaml(answers),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { flag: 'wx' });
  if (!withKeys) return;
  for (const id of keyHolders(answers)) {
    const key = makePrivateJwk();
    writePrivateKey(join(folder, 'keys', `${id}.key.json`), key);
    writeKeySet(join(folder, 'keys', `${id}.jwks.json`), key);
  }
}

async function finish(folder: string, answers: Answers, withKeys: boolean, context: CommandContext): Promise<number> {
  context.out(`${shownPath(folder, context.cwd)} is written`);
  if (withKeys) {
    // A folder without keys is judged where they are: a broker on the embedded database makes them.
    const checked = [
      await policyCheck.run(['--config', folder], context),
      await policyTest.run(['--config', folder], context),
    ];
    if (checked.some((exit) => exit !== 0)) return 1;
    const [agent, server] = keyHolders(answers);
    context.remark(
      `${count(2, 'private key')} (0600): take keys/${agent}.key.json and keys/${server}.key.json to where they run.`,
    );
  }
  // Outside of a clone this is the packed broker, whose program has a name of its own.
  const start = ROOT === WORK_FOLDER ? 'npm start' : 'writ-broker';
  context.remark(`Next:  WRIT_CONFIG=${inShell(folder)} ${start}`);
  context.remark('Then:  docs/agents.md: an agent that asks, and an API that checks');
  return 0;
}

function keyHolders({ agent, resource }: Answers): [string, string] {
  return [agent.id, verifierOf(resource.id)];
}

function inShell(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
