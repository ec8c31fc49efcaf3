import { readEnvironment } from '#platform/config/environment/environment.js';
import { runCli } from '../cli.js';
import { checkedSecret } from '../secret-prompt.js';
import { ROOT } from '#platform/root.js';

export interface Session {
  readonly exit: number;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly remarks: string;
}

/** Runs a command line in this process, in `cwd`, with variables of its own and `input` on its standard input. */
export async function writ(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input = '',
  cwd = ROOT,
): Promise<Session> {
  const out: string[] = [];
  const remarks: string[] = [];
  const exit = await runCli(argv, {
    environment: () => readEnvironment(env, ROOT),
    cwd,
    actor: { kind: 'system', id: 'cli:tester' },
    out: (line) => void out.push(line),
    remark: (line) => void remarks.push(line),
    askSecret: async () => checkedSecret(input),
  });
  return { exit, out: out.join('\n'), remarks: remarks.join('\n') };
}
