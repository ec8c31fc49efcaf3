import type { Catalog } from '#domain/catalog.js';
import { instant } from '#domain/instant.js';
import type { AppliedConfiguration } from '#escalations/judge/configuration-store.js';
import { cardCheckup, type ChannelCards } from '#persistence/slack/card-checkup.js';
import { connectEmbedded } from '#persistence/embedded/running-url.js';
import { judgeOver } from '#persistence/connection/judging-connections.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { loadMasterKey } from '#platform/config/environment/master-key.js';
import { isLoopbackHost } from '#platform/outbound/network-addresses.js';
import { readRunningIssuer } from '#platform/config/environment/running-issuer.js';
import { PolicyEngine } from '#policy/engine.js';
import { checkSlack } from '#slack/send/checkup.js';
import { readArguments } from '../../arguments.js';
import type { Command } from '../../command.js';
import { fine, verdict, wrong, type Finding } from '../../doctor/finding.js';
import * as look from '../../doctor/look.js';
import { checkApprovers, checkOperators, checkSignIn } from '../../doctor/people.js';
import { checkDatabase, checkKeys, checkQueue, type Place } from '../../doctor/stores.js';
import { checkClock, checkFolder, checkIssuer, checkProxy } from '../../doctor/surroundings.js';
import { inertLine, jsonText } from '../../text.js';

const MARKS = { ok: 'ok       ', warning: 'WARNING  ', problem: 'PROBLEM  ' } as const;

/** Looks at everything that a broker needs so that people are asked, decide and are believed. */
export const doctor: Command = {
  usage: '[--json]',
  help: [
    'Looks at the database and its roles, the master key, the signing keys, the configuration folder, the queue, the',
    'sign-in of people, whether approvers can be reached, Slack, the proxy in front and the clocks; says what to do.',
    'Needs the variables of the broker, best where it runs. Changes nothing and prints no secret.',
    'Exits with 1 when something needs mending; a warning alone does not.',
    '',
    '  --json  print {"findings": [{"about", "level", "problem"}]} instead of lines',
  ],
  async run(args, context) {
    const { values } = readArguments(args, { json: { type: 'boolean' } });
    const findings = await examine(context.environment(), context.remark);
    if (values.json === true) context.out(jsonText({ findings }));
    else
      for (const { about, level, problem } of findings)
        context.out(inertLine(`${MARKS[level]}${about}${problem === null ? '' : `: ${problem}`}`));
    return findings.some(({ level }) => level === 'problem') ? 1 : 0;
  },
};

async function examine(environment: WritEnvironment, remark: (line: string) => void): Promise<Finding[]> {
  const { database, oidc, slack } = environment;
  const url = database.kind === 'external' ? database.url : await connectEmbedded(environment.dataDir);
  if (slack === null) remark('no SLACK_* variables are set here, so Slack itself is not asked');
  const providerFault = await look.lookAtProvider(environment);
  const stored =
    url === null
      ? { findings: [noBroker(environment.dataDir)], inForce: null, aheadMs: null, linked: new Set<string>() }
      : await examineDatabase(environment, url);
  const { inForce, aheadMs, linked } = stored;
  const issuer = issuerOf(environment);
  const queue = await look.lookAtQueue(environment.redisUrl, url);
  return [
    ...stored.findings,
    ...checkFolder(await look.lookAtFolder(environment, inForce)),
    ...checkQueue(environment.redisUrl === null ? 'postgres' : 'redis', queue),
    ...(inForce === null ? [] : examinePeople(environment, inForce, { providerFault, linked })),
    ...(slack === null || inForce === null ? [] : await examineSlack(slack, inForce.catalog)),
    ...checkProxy({ issuer, trustedProxies: environment.trustedProxies }),
    ...checkClock({
      databaseAheadMs: aheadMs,
      providerAheadMs: oidc === null || providerFault !== null ? null : await look.lookAtDate(oidc.issuer),
    }),
    ...checkIssuer(issuer, issuer === null ? null : await look.lookAtIssuer(issuer)),
  ];
}

interface Stored {
  readonly findings: readonly Finding[];
  readonly inForce: AppliedConfiguration | null;
  readonly aheadMs: number | null;
  readonly linked: ReadonlySet<string>;
}

async function examineDatabase(environment: WritEnvironment, url: string): Promise<Stored> {
  const masterKey = environment.masterKey ?? loadMasterKey(environment.dataDir);
  if (masterKey === null)
    return { findings: [noMasterKey(environment.dataDir)], inForce: null, aheadMs: null, linked: new Set() };
  const looked = look.openToLook(url, masterKey);
  judgeOver(looked.pool, looked.configurations.seals);
  try {
    const role = await look.lookAtRole(looked.pool);
    const database = checkDatabase(role, placeOf(environment));
    if ('fault' in role) return { findings: database, inForce: null, aheadMs: null, linked: new Set() };
    const aheadMs = role.known.aheadMs;
    const applied = await look.lookAtConfiguration(looked);
    // Without tables there is nothing more to see; what is missing is told already.
    if ('fault' in applied) return { findings: database, inForce: null, aheadMs, linked: new Set() };
    const inForce = applied.known;
    const keys = checkKeys(await look.lookAtKeys(looked, inForce, masterKey));
    const team = environment.slack?.teamId;
    const people = (inForce?.catalog.people ?? []).map(({ id }) => id);
    const linked = team === undefined ? new Set<string>() : await look.lookAtLinks(looked, people, team);
    const cards = (await cardCheckup(looked.pool)).map(cardsFinding);
    return { findings: [...database, ...keys, ...cards], inForce, aheadMs, linked };
  } finally {
    await looked.pool.end();
  }
}

function examinePeople(
  environment: WritEnvironment,
  { catalog, policies }: AppliedConfiguration,
  known: { readonly providerFault: string | null; readonly linked: ReadonlySet<string> },
): Finding[] {
  const { oidc, slack } = environment;
  const engine = PolicyEngine.create(policies, catalog);
  const rules = engine instanceof PolicyEngine ? engine.policies : [];
  const facts = {
    ...known,
    catalog,
    approverGroups: rules.flatMap(({ terms }) => (terms.gate === null ? [] : [terms.gate.group])),
    loginLinks: placeOf(environment) !== 'production',
    oidc,
    slackTeam: slack?.teamId ?? null,
    localSlack: environment.localSlack,
  };
  return [...checkSignIn(facts), ...checkOperators(facts), ...checkApprovers(facts)];
}

async function examineSlack(slack: NonNullable<WritEnvironment['slack']>, catalog: Catalog): Promise<Finding[]> {
  const channels = new Set(catalog.groups.flatMap(({ slackChannel }) => slackChannel ?? []));
  return (await checkSlack(slack, [...channels])).map(({ about, problem }) => verdict(about, problem));
}

function noBroker(dataDir: string): Finding {
  return wrong('database', `no broker is running on ${dataDir}; start it with npm start`);
}

function noMasterKey(dataDir: string): Finding {
  return wrong('master key', `there is none in ${dataDir}: set WRIT_MASTER_KEY as the broker has it`);
}

function placeOf({ database, issuer }: WritEnvironment): Place {
  if (database.kind === 'embedded') return 'embedded';
  // Without an issuer it is `http://localhost` and a port.
  return issuer === null || isLoopbackHost(new URL(issuer).hostname) ? 'trial' : 'production';
}

/** The embedded broker's own word, where the port may be any. */
function issuerOf({ database, dataDir, issuer }: WritEnvironment): string | null {
  return (database.kind === 'embedded' ? readRunningIssuer(dataDir) : null) ?? issuer;
}

/** A failure of the past is told and is no problem any more once nothing waits. */
function cardsFinding({ channel, waiting, error, failedAt }: ChannelCards): Finding {
  const last = error === null ? '' : `last failure ${error} at ${instant(failedAt)}`;
  const about = `cards in ${channel}`;
  if (waiting === 0 || error === null) return fine(`${about}${last === '' ? '' : ` (${last})`}`);
  return wrong(about, `${waiting} waiting, ${last}`);
}
