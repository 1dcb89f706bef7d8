// The language of the page: the one that was chosen, else the browser's.

import { useSyncExternalStore } from "react";

export type Language = "en" | "fr";

const KEY = "pickup.language";
const listeners = new Set<() => void>();
let chosen: Language = stored() ?? preferred();

show();

export function language(): Language {
  return chosen;
}

/** The language with the browser's region, else that of Canada: for dates and numbers, and for Accept-Language. */
export function locale(): string {
  return navigator.languages.find((tag) => languageOf(tag) === chosen && tag.includes("-")) ?? `${chosen}-CA`;
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, language);
}

export function chooseLanguage(next: Language): void {
  chosen = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // A browser that keeps nothing keeps the choice until the page is left.
  }
  show();
  for (const listener of [...listeners]) listener();
}

function show(): void {
  document.documentElement.lang = chosen;
}

function stored(): Language | null {
  try {
    return languageOf(localStorage.getItem(KEY) ?? "");
  } catch {
    return null;
  }
}

function preferred(): Language {
  for (const tag of navigator.languages) {
    const found = languageOf(tag);
    if (found) return found;
  }
  return "en";
}

function languageOf(tag: string): Language | null {
  const [primary] = tag.toLowerCase().split("-");
  return primary === "en" || primary === "fr" ? primary : null;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
