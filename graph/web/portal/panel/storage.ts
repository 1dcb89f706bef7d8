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

/** Keeps what is unsaved in a place; null forgets it. */
export function keepDraft(place: Place, draft: Draft | null): void {
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

export function keptDraft(place: Place): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(place)) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

/** Forgets all that a person has not saved. */
export function forgetDrafts(subject: string | null): void {
  try {
    for (const key of Object.keys(sessionStorage).filter((one) => one.startsWith(prefixOf(subject)))) {
      sessionStorage.removeItem(key);
    }
  } catch {
    // A forbidden storage holds nothing.
  }
}
