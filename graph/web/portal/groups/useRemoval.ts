import { useState } from "react";
import { useClient, type CombinedError } from "urql";
import type { GroupRowFragment } from "./groups.graphql";
import { DeleteGroupDocument, GroupNowDocument } from "./remove.graphql";

export type Removal =
  | { readonly step: "asking" | "running" | "done" | "gone" }
  | { readonly step: "conflict"; readonly now: GroupRowFragment }
  | { readonly step: "failed"; readonly message: string | null };

/** Deletes a group in the version that was seen; after a conflict, in the one that the person has seen by then. */
export function useRemoval(group: GroupRowFragment): [Removal, () => Promise<void>] {
  const client = useClient();
  const [removal, setRemoval] = useState<Removal>({ step: "asking" });
  const [version, setVersion] = useState(group.version);

  const remove = async (): Promise<void> => {
    setRemoval({ step: "running" });
    const input = { id: group.id, expectedVersion: version };
    const { data, error } = await client.mutation(DeleteGroupDocument, { input }).toPromise();
    if (error || !data) return setRemoval({ step: "failed", message: messageOf(error) });
    const { deletedId, violations } = data.deletePickupGroup;
    if (deletedId !== null) return setRemoval({ step: "done" });
    if (violations.some((violation) => violation.__typename === "NotFound")) return setRemoval({ step: "gone" });
    if (!violations.some((violation) => violation.__typename === "VersionConflict"))
      return setRemoval({ step: "failed", message: violations.map(({ message }) => message).join(" ") });

    const found = await client.query(GroupNowDocument, { id: group.id }, { requestPolicy: "network-only" }).toPromise();
    if (found.error) return setRemoval({ step: "failed", message: messageOf(found.error) });
    const now = found.data?.pickupGroup;
    if (!now) return setRemoval({ step: "gone" });
    setVersion(now.version);
    setRemoval({ step: "conflict", now });
  };

  return [removal, remove];
}

/** What the server says, in the person's language; null if there was no answer. */
function messageOf(error: CombinedError | undefined): string | null {
  return error?.graphQLErrors.map(({ message }) => message).join(" ") || null;
}
