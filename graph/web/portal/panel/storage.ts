/** Unsaved changes, kept for this tab: they outlive a reload, and the way to an identity provider and back. */

import type { Draft } from "./draft";

const PREFIX = "pickup.draft.";

const keyOf = (place: string): string => PREFIX + place;

/** Keeps what is unsaved in a place, a group or a new one; null forgets it. */
export function keepDraft(place: string, draft: Draft | string | null): void {
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
  const found = kept(place);
  return found !== null && typeof found === "object" ? (found as Draft) : null;
}

export function keptText(place: string): string {
  const found = kept(place);
  return typeof found === "string" ? found : "";
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

function kept(place: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(place)) ?? "null") as unknown;
  } catch {
    return null;
  }
}
