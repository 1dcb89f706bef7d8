/** Unsaved changes, kept for this tab and one person: they outlive a reload, and the way to an identity provider and back. */

import type { Draft } from "./draft";

const PREFIX = "pickup.draft.";

/** A group of a site, and the person whose work it is: another person does not see it. */
export interface Place {
  readonly siteId: string;
  readonly groupId: string;
  readonly subject: string | null;
}

const prefixOf = (subject: string | null): string => `${PREFIX}${encodeURIComponent(subject ?? "")} `;

const keyOf = ({ siteId, groupId, subject }: Place): string => `${prefixOf(subject)}${siteId} ${groupId}`;

/** Who signs in to a server that was open goes on with the work of before, which was nobody's. */
const openKeyOf = (place: Place): string => keyOf({ ...place, subject: null });

/** Keeps what is unsaved in a place; null forgets it. */
export function keepDraft(place: Place, draft: Draft | null): void {
  try {
    sessionStorage.removeItem(openKeyOf(place));
    if (draft === null) {
      sessionStorage.removeItem(keyOf(place));
    } else {
      sessionStorage.setItem(keyOf(place), JSON.stringify(draft));
    }
  } catch {
    // A full or forbidden storage: the changes are still on the page.
  }
}

export function keptDraft(place: Place): Draft | null {
  try {
    const text = sessionStorage.getItem(keyOf(place)) ?? sessionStorage.getItem(openKeyOf(place));
    return JSON.parse(text ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

/** Forgets all that a person has not saved, also before they signed in. */
export function forgetDrafts(subject: string | null): void {
  try {
    const prefixes = [prefixOf(subject), prefixOf(null)];
    for (const key of Object.keys(sessionStorage)) {
      if (prefixes.some((prefix) => key.startsWith(prefix))) {
        sessionStorage.removeItem(key);
      }
    }
  } catch {
    // A forbidden storage holds nothing.
  }
}
