import { useCallback, useEffect, useState } from "react";
import { useClient } from "urql";
import type { GroupRowFragment } from "./groups.graphql";
import { GroupMembersDocument } from "./remove.graphql";

export const FEW = 5;
const PAGE = 100;

interface MemberNames {
  /** The first few, or all once they are asked for and read. */
  readonly names: readonly string[];
  readonly readAll: () => Promise<void>;
}

export function useMemberNames({ id, memberCount }: GroupRowFragment): MemberNames {
  const client = useClient();
  const [names, setNames] = useState<readonly string[]>([]);

  const read = useCallback(
    async (first: number, after: string | null) => {
      const variables = { id, first, after };
      const { data } = await client.query(GroupMembersDocument, variables, { requestPolicy: "network-only" }).toPromise();
      return data?.pickupGroup?.members;
    },
    [client, id],
  );

  const isEmpty = memberCount === 0;
  useEffect(() => {
    if (isEmpty) return;
    void read(FEW, null).then((page) => page && setNames((known) => (known.length > 0 ? known : namesOn(page))));
  }, [read, isEmpty]);

  const readAll = useCallback(async () => {
    const all: string[] = [];
    for (let after: string | null | undefined = null; after !== undefined; ) {
      const page = await read(PAGE, after);
      if (!page) return;
      all.push(...namesOn(page));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
    }
    setNames(all);
  }, [read]);

  return { names, readAll };
}

function namesOn({ nodes }: { readonly nodes: readonly { readonly displayName: string }[] }): string[] {
  return nodes.map(({ displayName }) => displayName);
}
