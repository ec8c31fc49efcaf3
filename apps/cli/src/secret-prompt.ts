import type { ReadStream } from 'node:tty';
import { CommandFailed } from './command.js';

/** Much longer than any secret; stops a wrong file on standard input. */
const SECRET_BYTES_MAX = 1024;

/**
 * A secret from standard input: piped, all of it but one last line break; on a terminal asked for twice without echo.
 * @param prompt writes to the terminal
 * @throws CommandFailed when it is empty, has several lines, is too long, or was typed differently the second time
 */
export async function askSecret(input: NodeJS.ReadStream, prompt: (text: string) => void): Promise<string> {
  if (!input.isTTY) return checkedSecret(await readAll(input));
  const first = await typed(input, prompt, 'Secret: ');
  const second = await typed(input, prompt, 'Again: ');
  if (first !== second) throw new CommandFailed('the two secrets differ');
  return checkedSecret(first);
}

/** The secret without its last line break; refused when it could not have been meant. */
export function checkedSecret(text: string): string {
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new CommandFailed('the secret is empty; pipe it in, or use --generate');
  if (Buffer.byteLength(secret) > SECRET_BYTES_MAX)
    throw new CommandFailed(`the secret is longer than ${SECRET_BYTES_MAX} bytes`);
  if (/\p{Cc}/u.test(secret)) throw new CommandFailed('the secret must be one line without control characters');
  return secret;
}

async function readAll(input: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > SECRET_BYTES_MAX + 2) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** One line typed on a terminal in raw mode, where nothing is echoed and Ctrl-C is ours to answer. */
function typed(input: ReadStream, prompt: (text: string) => void, question: string): Promise<string> {
  prompt(question);
  input.setRawMode(true);
  input.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let line = '';
    const end = (settle: () => void): void => {
      input.off('data', read);
      input.setRawMode(false);
      input.pause();
      prompt('\n');
      settle();
    };
    const read = (keys: string | Buffer): void => {
      for (const key of String(keys)) {
        if (key === '\r' || key === '\n') return end(() => resolve(line));
        if (key === '\u0003' || key === '\u0004') return end(() => reject(new CommandFailed('cancelled')));
        line = key === '\u007f' || key === '\b' ? [...line].slice(0, -1).join('') : line + key;
      }
    };
    input.on('data', read);
    input.resume();
  });
}
