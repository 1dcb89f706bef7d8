/** Unsaved changes, kept for this tab: they outlive a reload, and the way to an identity provider and back. */

import type { Draft } from "./draft";

const PREFIX = "pickup.draft.";

const keyOf = (place: string): string => PREFIX + place;

/** Keeps what is unsaved in a place; null forgets it. */
export function keepDraft(place: string, draft: Draft | null): void {
  try {
    if (draft === null) {
      sessionStorage.removeItem(keyOf(place));
    } else {
      sessionStorage.setItem(keyOf(place), JSON.stringify(draft));
    }
  } catch {
    // A full or forbidden storage: the changes are still on the page.
  }
}

export function keptDraft(place: string): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(place)) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

/** Forgets all that is unsaved: whoever signs in next in this tab must not see it. */
export function forgetDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage).filter((one) => one.startsWith(PREFIX))) {
      sessionStorage.removeItem(key);
    }
  } catch {
    // A forbidden storage holds nothing.
  }
}
