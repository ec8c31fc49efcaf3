/** A copy of this process's variables: the one place of the program that looks at `process.env`. */
export function environmentOfProcess(): NodeJS.ProcessEnv {
  return { ...process.env };
}
