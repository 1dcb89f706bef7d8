import { useEffect, useState } from "react";
import { useQuery, type CombinedError } from "urql";
import { FIRST_PAGE, navigate, type Address, type Order } from "../address";
import { GroupPageDocument, type GroupPageQuery, type GroupPageQueryVariables } from "./groups.graphql";

export const PAGE_SIZE = 25;

type Site = NonNullable<GroupPageQuery["site"]>;

export interface GroupPage {
  /** Undefined until the first answer; while another page is loaded, still the last one. */
  readonly site: Site | null | undefined;
  /** What it was found by. */
  readonly foundBy: string;
  /** It is the answer to an earlier question than that of the address. */
  readonly isOld: boolean;
  readonly isLoading: boolean;
  readonly error: CombinedError | undefined;
  readonly reload: () => void;
}

const ORDERS: Record<Order, GroupPageQueryVariables["orderBy"]> = {
  name: { field: "NAME", direction: "ASC" },
  "name-desc": { field: "NAME", direction: "DESC" },
  changed: { field: "UPDATED_AT", direction: "ASC" },
  "changed-desc": { field: "UPDATED_AT", direction: "DESC" },
};

/** The page of the list that the address names. An answer that comes late never takes the place of a newer one. */
export function useGroupPage(siteId: string, address: Address): GroupPage {
  const { search, order, after, before } = address;
  const [{ data, error, fetching, stale }, execute] = useQuery({
    query: GroupPageDocument,
    variables: {
      siteId,
      search: search === "" ? null : search,
      orderBy: ORDERS[order],
      ...(before === ""
        ? { first: PAGE_SIZE, after: after === "" ? null : after }
        : { last: PAGE_SIZE, before }),
    },
    requestPolicy: "cache-and-network",
  });

  // A cursor that the server does not know, or a page whose rows have all gone: the list from its beginning.
  const isElsewhere = after !== "" || before !== "";
  const isWrong = error?.graphQLErrors.some((one) => one.extensions.code === "BAD_USER_INPUT") ?? false;
  const isEmpty = !fetching && !stale && data?.site?.pickupGroups.nodes.length === 0;
  useEffect(() => {
    if (isElsewhere && (isWrong || isEmpty)) navigate(FIRST_PAGE, { replace: true });
  }, [isElsewhere, isWrong, isEmpty]);

  const isOld = fetching && data !== undefined;
  const [foundBy, setFoundBy] = useState(search);
  if (!isOld && foundBy !== search) setFoundBy(search);

  return {
    site: data?.site,
    foundBy,
    isOld,
    isLoading: fetching || stale,
    error,
    reload: () => execute({ requestPolicy: "network-only" }),
  };
}
