/** The part of a history that is read, and how it grows at both ends. */

import type { ChangeEntryFragment, ChangePageFragment } from "./history.graphql";

export interface Pages {
  readonly name: string | null;
  /** The site's when the first page was read; null before. */
  readonly revision: number | null;
  /** The oldest come first. */
  readonly changes: readonly ChangeEntryFragment[];
  readonly total: number | null;
  readonly before: string | null;
  readonly hasEarlier: boolean;
}

export interface PageRead {
  readonly name: string;
  readonly revision: number;
  readonly page: ChangePageFragment;
}

export type Report =
  | ({ readonly type: "earlier" } & PageRead)
  /** The oldest first; those that are known already may be among them. */
  | { readonly type: "later"; readonly changes: readonly ChangeEntryFragment[] };

export const NO_PAGES: Pages = {
  name: null,
  revision: null,
  changes: [],
  total: null,
  before: null,
  hasEarlier: false,
};

export function readPages(pages: Pages, report: Report): Pages {
  if (report.type === "later") {
    // Polling reads the newest alone: those before them come when the subscription is back.
    const known = new Set(pages.changes.map((one) => one.revision));
    const from = pages.revision ?? 0;
    const later = report.changes.filter(({ revision }) => revision > from && !known.has(revision));
    const changes = [...pages.changes, ...later].sort((one, other) => one.revision - other.revision);
    return later.length === 0 ? pages : { ...pages, changes, total: (pages.total ?? 0) + later.length };
  }
  const { name, revision, page } = report;
  const first = pages.changes[0]?.revision ?? Infinity;
  const changes = [...page.nodes.filter((one) => one.revision < first), ...pages.changes];
  return {
    name,
    revision: pages.revision ?? revision,
    changes,
    // Changes that were made since the first page are counted when they come.
    total: pages.revision === null ? page.totalCount : pages.total,
    before: page.pageInfo.startCursor ?? null,
    hasEarlier: page.pageInfo.hasPreviousPage,
  };
}
