// The texts of the page, and how it writes numbers and instants, in its language.

import { english, type Messages } from "./en";
import { french } from "./fr";
import { language, locale, useLanguage, type Language } from "./language";

export interface Formats {
  readonly number: (value: number) => string;
  /** An RFC 3339 instant, in the browser's time zone. */
  readonly instant: (value: string) => string;
  /** "a, b and c" */
  readonly list: (values: readonly string[]) => string;
}

const MESSAGES: Record<Language, Messages> = { en: english, fr: french };
const formats = new Map<string, Formats>();

export function useMessages(): Messages {
  return MESSAGES[useLanguage()];
}

export function useFormats(): Formats {
  useLanguage();
  const tag = locale();
  let found = formats.get(tag);
  if (!found) formats.set(tag, (found = formatsOf(tag)));
  return found;
}

function formatsOf(tag: string): Formats {
  const numbers = new Intl.NumberFormat(tag);
  const lists = new Intl.ListFormat(language(), { style: "long", type: "conjunction" });
  const instants = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short" });
  return {
    number: (value) => numbers.format(value),
    list: (values) => lists.format(values),
    instant: (value) => instants.format(new Date(value)),
  };
}
