import { spawn } from 'node:child_process';

const HEAD_LINES = 20;
const TAIL_LINES = 40;
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A set-up step that did not succeed; `output` is what the tool printed, without its middle. */
export class StepFailed extends Error {
  constructor(title, how, output) {
    super(`${title} failed (${how})`);
    this.output = output;
  }
}

/**
 * Runs one long step, quietly: one line when it begins, one with the time it took. A signal that ends this process
 * ends the step first.
 */
export async function runStep(title, hint, log, { command, args, cwd, env, shell = false }) {
  log(`${title}${hint ? ` (${hint})` : ''}…`);
  const began = performance.now();
  const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk) => (output = (output + chunk).slice(-64 * 1024));
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const stopStep = (signal) => {
    child.kill(signal);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  for (const signal of ENDING_SIGNALS) process.once(signal, stopStep);
  const how = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? null : (signal ?? `exit ${code}`)));
  });
  for (const signal of ENDING_SIGNALS) process.off(signal, stopStep);
  if (how !== null) throw new StepFailed(title, how, withoutMiddle(output));
  log(`${title}: done in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

function withoutMiddle(output) {
  const lines = output.split('\n').filter((line) => line !== '' && !line.startsWith('npm warn'));
  if (lines.length <= HEAD_LINES + TAIL_LINES) return lines.join('\n');
  return [...lines.slice(0, HEAD_LINES), '…', ...lines.slice(-TAIL_LINES)].join('\n');
}
