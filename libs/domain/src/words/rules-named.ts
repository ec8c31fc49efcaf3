/** The policies that determined a decision as one name, for what is grouped by them: `exports-oncall + exports-security`. */
export function rulesNamed(determining: readonly string[]): string {
  return determining.join(' + ');
}
