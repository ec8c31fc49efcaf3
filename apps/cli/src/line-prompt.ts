import { createInterface } from 'node:readline';

/** Asks one line at a time of a terminal; `null` when the person ends the input (Ctrl-D) or cancels (Ctrl-C). */
export function lineAsker(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): (question: string) => Promise<string | null> {
  return (question) =>
    new Promise((resolve) => {
      const prompt = createInterface({ input, output });
      prompt.once('close', () => resolve(null));
      prompt.once('SIGINT', () => prompt.close());
      prompt.question(question, (line) => {
        resolve(line);
        prompt.close();
      });
    });
}
