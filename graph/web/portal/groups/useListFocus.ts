import { useEffect, useRef, useState, type RefObject } from "react";
import { useQuery } from "urql";
import { hrefOf, leftAddress } from "../address";
import type { GroupRowFragment } from "./groups.graphql";
import type { GroupPage } from "./useGroupPage";
import type { UsersFound } from "./useUsersFound";
import { GroupNowDocument } from "./remove.graphql";
import { HISTORY_ID } from "./Toolbar";

/** Of the link to a group that is not on the page to which one comes back. */
export const UNSEEN_ID = "unseen-group";

interface ListFocus {
  /** The id of the group that was open just now; empty for none. */
  readonly leftId: string;
  /** That group if it is not on this page of the list. */
  readonly unseen: GroupRowFragment | null;
  readonly heading: RefObject<HTMLHeadingElement | null>;
}

/** Where a keyboard goes on in the list: after a group, another site or the history, and if what had the focus goes. */
export function useListFocus(siteId: string, page: GroupPage, found: UsersFound | null, removedId: string): ListFocus {
  const heading = useRef<HTMLHeadingElement>(null);
  const [left] = useState(leftAddress);
  const [cameTo] = useState(() => hrefOf({}));
  const leftId = left?.group ?? "";
  const groups = page.site?.pickupGroups;
  const isSettled = groups !== undefined && !page.isLoading && !found?.isLoading;
  const isShown = groups?.nodes.some(({ id }) => id === leftId) ?? false;
  const user = found?.users.find(({ pickupGroup }) => pickupGroup?.id === leftId);
  const mayBeUnseen = isSettled && !isShown && !user && left?.site === siteId && hrefOf({}) === cameTo;
  const [{ data, fetching }] = useQuery({
    query: GroupNowDocument,
    variables: { id: leftId },
    pause: !mayBeUnseen || leftId === "" || leftId === "new",
    // It may have been deleted since it was open.
    requestPolicy: "network-only",
  });
  const unseen = mayBeUnseen ? (data?.pickupGroup ?? null) : null;

  // Of the element to go on from after a group. The list may be one from the cache at first.
  const target = isShown ? leftId : user ? user.id : unseen ? UNSEEN_ID : isSettled && !fetching ? "groups-title" : null;
  const hasReturned = useRef(false);
  useEffect(() => {
    if (leftId === "" || target === null) return;
    const { activeElement } = document;
    const element = document.getElementById(target) ?? heading.current;
    if (!hasReturned.current || activeElement === document.body) element?.focus();
    if (!hasReturned.current || activeElement === element) element?.closest("tr, li, p")?.scrollIntoView({ block: "nearest" });
    hasReturned.current = true;
  }, [leftId, target, isSettled]);

  const isOtherSite = left !== null && left.site !== siteId;
  const isFromHistory = left?.history === true && leftId === "";
  useEffect(() => {
    if (isOtherSite) heading.current?.focus();
    else if (isFromHistory) document.getElementById(HISTORY_ID)?.focus();
  }, [isOtherSite, isFromHistory]);

  // The row and its button have gone, or the link that shows all groups.
  const isRowGone = removedId !== "" && groups?.nodes.every(({ id }) => id !== removedId);
  useEffect(() => {
    if (isRowGone) heading.current?.focus();
  }, [isRowGone]);
  const isEmpty = groups?.totalCount === 0;
  const wasEmpty = useRef(false);
  useEffect(() => {
    if (wasEmpty.current && !isEmpty && document.activeElement === document.body) heading.current?.focus();
    wasEmpty.current = isEmpty;
  }, [isEmpty]);

  return { leftId, unseen, heading };
}
