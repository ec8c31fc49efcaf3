/** What somebody who takes a first look types next; `inClone` tells whether npm's commands of the repository are there. */
export function nextStep(inClone: boolean): string {
  return inClone
    ? 'in another terminal, `npm run demo` tells the whole story, or follow README.md with curl.'
    : 'in another terminal, in this folder, `writ login-link bob` as you called this program: it opens the console.';
}
