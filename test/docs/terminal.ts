import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../harness/judges/until.js';

/** One shell into which blocks are pasted one after the other, so that its variables live on as a reader's would. */
export class Terminal {
  private readonly folder = mkdtempSync(join(tmpdir(), 'writ-terminal-'));
  private readonly shell: ChildProcess;
  private printed = '';
  private complaints = '';
  private pasted = 0;

  constructor(env: NodeJS.ProcessEnv) {
    this.shell = spawn('sh', [], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.shell.stdout?.on('data', (bytes: Buffer) => (this.printed += bytes.toString()));
    this.shell.stderr?.on('data', (bytes: Buffer) => (this.complaints += bytes.toString()));
  }

  /** Runs a block; returns what it printed on standard output and its last exit code. */
  async paste(block: string): Promise<{ code: number; output: string; complaints: string }> {
    this.pasted += 1;
    const file = join(this.folder, `${this.pasted}.sh`);
    writeFileSync(file, block);
    const from = this.printed.length;
    this.complaints = '';
    const mark = `<<block ${this.pasted} ended>>`;
    this.shell.stdin?.write(`. ${file} </dev/null; echo "${mark} $?"\n`);
    const ended = new RegExp(`${mark} (\\d+)\\n`);
    const match = await until(`the end of:\n${block}`, () => ended.exec(this.printed.slice(from)), 150_000);
    return {
      code: Number(match[1]),
      output: this.printed.slice(from, from + match.index),
      complaints: this.complaints,
    };
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.shell.once('exit', resolve));
    this.shell.stdin?.end();
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A long-running command of a reader, with everything it printed so far. */
export class Running {
  printed = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(command: string, env: NodeJS.ProcessEnv) {
    const [program = '', ...args] = command.split(' ');
    this.child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (bytes: Buffer) => (this.printed += bytes.toString()));
  }

  /** Waits for a line; throws with everything printed when it does not come. */
  line(pattern: RegExp): Promise<RegExpExecArray> {
    return until(`a line like ${pattern}`, () => pattern.exec(this.printed), 120_000).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.printed}`);
    });
  }

  /** Ctrl-C, and whatever it takes to end. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }
}
