/** What Save would do, in numbers. */

import type { Draft } from "./draft";
import { movers } from "./draft";

/** Names that a notice gives in full: it must not cover the lists. */
export const FEW = 5;

export interface Summary {
  readonly isRenamed: boolean;
  /** Who joins and is in no other group. */
  readonly joining: number;
  readonly leaving: number;
  /** Who joins from which group, by its name. */
  readonly moving: readonly { readonly from: string; readonly count: number }[];
  readonly exemptions: number;
}

export function summaryOf(draft: Draft, exemptions: number): Summary {
  const moving = new Map<string, { from: string; count: number }>();
  for (const { pickupGroup } of movers(draft)) {
    if (pickupGroup) {
      const { id, name } = pickupGroup;
      moving.set(id, { from: name, count: (moving.get(id)?.count ?? 0) + 1 });
    }
  }
  return {
    isRenamed: draft.name.trim() !== draft.base.name,
    joining: draft.joining.length - movers(draft).length,
    leaving: draft.leaving.length,
    moving: [...moving.values()],
    exemptions,
  };
}
