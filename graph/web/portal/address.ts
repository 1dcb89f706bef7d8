// What the page shows, in the address: Back, Forward, reload and a shared link lead to the same view.

import { useSyncExternalStore } from "react";

export type Order = "name" | "name-desc" | "changed" | "changed-desc";

export interface Address {
  /** The id of the site; empty until one is chosen. */
  readonly site: string;
  readonly search: string;
  readonly order: Order;
  /** 1, 2, 3 …: what "26–50" is counted from. The cursors say where the page really begins. */
  readonly page: number;
  readonly after: string;
  readonly before: string;
  /** The id of the open group, "new" while one is added, or empty. */
  readonly group: string;
  /** The history is shown: of the open group, or of the site. */
  readonly history: boolean;
}

export const FIRST_PAGE = { page: 1, after: "", before: "" } as const;

const ORDERS: readonly string[] = ["name", "name-desc", "changed", "changed-desc"] satisfies Order[];
const listeners = new Set<() => void>();
let current = parse(location.search);
let left: Address | null = null;

addEventListener("popstate", cameBack);

export function useAddress(): Address {
  return useSyncExternalStore(subscribe, () => current);
}

/** Holds back whatever leads away from the open group: it calls `go` now, later or never. */
export type Guard = (go: () => void) => void;

let guard: Guard | null = null;

/** One guard at a time; null for none. */
export function guardGroup(next: Guard | null): void {
  guard = next;
}

/** The view that was left last, by a link or by Back; null on the first. */
export function leftAddress(): Address | null {
  return left;
}

/** Calls `go` once nothing unsaved is left in the open group: at once if there is none. */
export function leave(go: () => void): void {
  if (guard) guard(go);
  else go();
}

/** Leads to another view. With `replace`, that takes the place of this one: Back does not come here, and no guard asks. */
export function navigate(change: Partial<Address>, { replace = false } = {}): void {
  const url = hrefOf(change);
  if (url === location.pathname + location.search) return;
  const go = (): void => {
    if (replace) history.replaceState(history.state, "", url);
    else history.pushState(null, "", url);
    read({ isLeft: !replace });
  };
  if (guard && !replace && leadsAway({ ...current, ...change })) guard(go);
  else go();
}

/** After Back and Forward. The browser is there already: until the guard lets go, it is led back here. */
function cameBack({ state }: PopStateEvent): void {
  const there = location.href;
  if (!guard || !leadsAway(parse(location.search))) {
    read();
    return;
  }
  history.pushState(null, "", hrefOf({}));
  guard(() => {
    history.replaceState(state, "", there);
    read();
  });
}

function leadsAway({ site, group }: Address): boolean {
  return site !== current.site || group !== current.group;
}

/** The address of another view, as of a link to it. */
export function hrefOf(change: Partial<Address>): string {
  const { site, search, order, page, after, before, group, history } = { ...current, ...change };
  const values = {
    site,
    search,
    order: order === "name" ? "" : order,
    page: page > 1 ? String(page) : "",
    after,
    before,
    group,
    history: history ? "yes" : "",
  };
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ""));
  // A colon needs no escape there, and ids are easier to read with it.
  const text = query.toString().replaceAll("%3A", ":");
  return text === "" ? location.pathname : `${location.pathname}?${text}`;
}

function parse(text: string): Address {
  const query = new URLSearchParams(text);
  const order = query.get("order") ?? "";
  return {
    site: query.get("site") ?? "",
    search: query.get("search") ?? "",
    order: ORDERS.includes(order) ? (order as Order) : "name",
    page: Math.max(1, Math.trunc(Number(query.get("page"))) || 1),
    after: query.get("after") ?? "",
    before: query.get("before") ?? "",
    group: query.get("group") ?? "",
    history: query.get("history") === "yes",
  };
}

function read({ isLeft } = { isLeft: true }): void {
  if (isLeft) left = current;
  current = parse(location.search);
  for (const listener of [...listeners]) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
