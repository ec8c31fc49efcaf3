import { join, resolve } from 'node:path';
import { PoliciesRefused } from '#escalations/judge/configuration-in-force.js';
import { PolicyEngine } from '#policy/engine.js';
import { configFolder, readArguments } from '../../arguments.js';
import type { Command } from '../../command.js';
import { readToCheck } from '../../configuration.js';
import { readPolicyCases } from '../../policy-cases.js';
import { runPolicyCase, type CaseResult } from '../../policy-run.js';
import { count, inertLine, shownPath } from '../../text.js';

/** Runs cases against the policies of a folder, without a database. */
export const policyTest: Command = {
  usage: '[FILE…] [--config DIR]',
  help: [
    '  FILE          YAML with `cases` (policy-tests.yaml of the configuration folder)',
    '  --config DIR  folder with writ.yaml and policies/ (WRIT_CONFIG)',
    '',
    'A case: name, agent, resource, authorization_details; when they matter requested_ttl, max_uses, ticket, break_glass,',
    'chain_depth, at (a time; a Monday noon otherwise), facts (recent_denials, open_grants, pending_asks, and by action',
    'granted_last_hour and granted_last_day; 0 otherwise); and expect: outcome, and any of determining, gates, window, max_ttl,',
    'max_uses, step_up (webauthn), slack (deny_only), reasons, denial.',
    'Needs no database. Exit code 1 when a case fails.',
  ],
  async run(args, context) {
    const { values, positionals } = readArguments(args, { config: { type: 'string' } }, ['FILE…']);
    const configDir = configFolder(values.config, context);
    const { catalog, policies } = readToCheck(context.environment(), configDir);
    const engine = PolicyEngine.create(policies, catalog);
    if (!(engine instanceof PolicyEngine)) throw new PoliciesRefused(engine);
    const files =
      positionals.length > 0
        ? positionals.map((file) => resolve(context.cwd, file))
        : [join(configDir, 'policy-tests.yaml')];
    const read = files.map((file) => ({ file, cases: readPolicyCases(file) }));
    const results: CaseResult[] = [];
    for (const { file, cases } of read) {
      context.out(shownPath(file, context.cwd));
      for (const testCase of cases) {
        const result = runPolicyCase(testCase, catalog, engine);
        results.push(result);
        context.out(`  ${result.faults.length === 0 ? 'pass' : 'FAIL'}  ${inertLine(testCase.name)}`);
        for (const fault of result.faults) context.out(`        ${inertLine(fault)}`);
      }
    }
    const failed = results.filter((result) => result.faults.length > 0).length;
    const told = new Set(results.flatMap((result) => result.determining));
    const silent = engine.policies.filter((policy) => !told.has(policy.id)).map((policy) => policy.id);
    context.out(`${count(results.length, 'case')}, ${failed === 0 ? 'all passed' : `${failed} failed`}`);
    if (silent.length > 0) context.remark(`No case met: ${silent.join(', ')}`);
    return failed === 0 ? 0 : 1;
  },
};
