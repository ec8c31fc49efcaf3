import { ConfigurationError } from '../configuration-error.js';
import { readEnvironment } from '../environment/environment.js';

/** What keeps the process from starting with these variables; nothing when they can be read. */
export function environmentProblems(env: NodeJS.ProcessEnv, root: string): readonly string[] {
  try {
    readEnvironment(env, root);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}
