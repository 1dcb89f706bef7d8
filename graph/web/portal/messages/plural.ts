/** Chooses a text by the plural rules of a language: `plural("fr")(0, …)` is singular. */
export function plural(language: string): (count: number, one: string, other: string) => string {
  const rules = new Intl.PluralRules(language);
  return (count, one, other) => (rules.select(count) === "one" ? one : other);
}
