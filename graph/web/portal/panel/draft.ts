/** What an administrator has changed in a group and not saved yet: the name, who joins and who leaves. */

/** A user as the two lists show them. `pickupGroup` is the group that they are in, as far as is known. */
export interface Person {
  readonly id: string;
  readonly displayName: string;
  readonly extension: string | null;
  readonly phoneNumber: string | null;
  readonly email: string | null;
  readonly stationType: string;
  readonly bargeInExempt: boolean;
  readonly pickupGroup: { readonly id: string; readonly name: string } | null;
}

/** The group as the server has it. */
export interface Group {
  readonly id: string;
  readonly name: string;
  readonly version: number;
}

export interface Draft {
  /** The group that the changes were made on. */
  readonly base: Group;
  /** The name as it is typed. */
  readonly name: string;
  /** Who joins, in the order of choosing. One with a `pickupGroup` leaves that group for this one. */
  readonly joining: readonly Person[];
  readonly leaving: readonly Person[];
}

/** A group that is added, until its name is saved. */
export const NEW_GROUP: Group = { id: "new", name: "", version: 0 };

export type DraftAction =
  | { readonly type: "named"; readonly name: string }
  | { readonly type: "assigned"; readonly people: readonly Person[] }
  | { readonly type: "released"; readonly people: readonly Person[] }
  | { readonly type: "moved"; readonly id: string; readonly from: { readonly id: string; readonly name: string } }
  /** These who join have come into other groups: they have lost an exemption from barge-in already. */
  | { readonly type: "grouped"; readonly ids: ReadonlySet<string> }
  | { readonly type: "replaced"; readonly draft: Draft }
  /** What was sent is what the group is now; what was changed in the meantime is still to be saved. */
  | { readonly type: "saved"; readonly sent: Draft; readonly group: Group };

/** The part of an input of `updatePickupGroup` that a draft decides. */
export interface Changes {
  readonly name?: string;
  readonly addUserIds: string[];
  readonly removeUserIds: string[];
  readonly moveMembers: boolean;
}

export function draftOf(base: Group): Draft {
  return { base, name: base.name, joining: [], leaving: [] };
}

export function reduceDraft(draft: Draft, action: DraftAction): Draft {
  switch (action.type) {
    case "named":
      return { ...draft, name: action.name };
    case "assigned":
      return assign(draft, action.people);
    case "released":
      return release(draft, action.people);
    case "moved":
      return {
        ...draft,
        joining: draft.joining.map((one) => (one.id === action.id ? { ...one, pickupGroup: action.from } : one)),
      };
    case "grouped":
      return {
        ...draft,
        joining: draft.joining.map((one) => (action.ids.has(one.id) ? { ...one, bargeInExempt: false } : one)),
      };
    case "replaced":
      return action.draft;
    case "saved":
      return rebase(draft, action.sent, action.group);
  }
}

/** Those who were to leave stay; the rest join. */
function assign(draft: Draft, people: readonly Person[]): Draft {
  const chosen = idsOf(people);
  const known = idsOf([...draft.leaving, ...draft.joining]);
  return {
    ...draft,
    leaving: draft.leaving.filter((one) => !chosen.has(one.id)),
    joining: [...draft.joining, ...people.filter((one) => !known.has(one.id))],
  };
}

/** Those who were to join do not; the rest leave. */
function release(draft: Draft, people: readonly Person[]): Draft {
  const chosen = idsOf(people);
  const known = idsOf([...draft.leaving, ...draft.joining]);
  return {
    ...draft,
    joining: draft.joining.filter((one) => !chosen.has(one.id)),
    leaving: [...draft.leaving, ...people.filter((one) => !known.has(one.id))],
  };
}

function rebase(draft: Draft, sent: Draft, group: Group): Draft {
  const without = (people: readonly Person[], others: readonly Person[]): Person[] => {
    const ids = idsOf(others);
    return people.filter((one) => !ids.has(one.id));
  };
  const free = without(sent.leaving, draft.leaving).map((one) => ({ ...one, pickupGroup: null }));
  return {
    base: group,
    name: draft.name === sent.name ? group.name : draft.name,
    joining: [...without(draft.joining, sent.joining), ...free],
    leaving: [...without(draft.leaving, sent.leaving), ...without(sent.joining, draft.joining)],
  };
}

export function changesOf(draft: Draft): Changes {
  const name = draft.name.trim();
  return {
    ...(name === draft.base.name ? {} : { name }),
    addUserIds: draft.joining.map((one) => one.id),
    removeUserIds: draft.leaving.map((one) => one.id),
    moveMembers: movers(draft).length > 0,
  };
}

export function isChanged(draft: Draft): boolean {
  const { name, addUserIds, removeUserIds } = changesOf(draft);
  return name !== undefined || addUserIds.length > 0 || removeUserIds.length > 0;
}

export function isNew(draft: Draft): boolean {
  return draft.base.id === NEW_GROUP.id;
}

/** Those who leave another group for this one. */
export function movers(draft: Draft): Person[] {
  return draft.joining.filter((one) => one.pickupGroup !== null);
}

export function idsOf(people: readonly { readonly id: string }[]): Set<string> {
  return new Set(people.map((one) => one.id));
}
