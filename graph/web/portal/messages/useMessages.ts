// The texts of the page, and how it writes numbers and instants, in its language.

import { english, type Messages } from "./en";
import { french } from "./fr";
import { locale, useLanguage, type Language } from "./language";

export interface Formats {
  readonly number: (value: number) => string;
  /** An RFC 3339 instant, in the browser's time zone. */
  readonly instant: (value: string) => string;
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
  const instants = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short" });
  return {
    number: (value) => numbers.format(value),
    instant: (value) => instants.format(new Date(value)),
  };
}
