import { useState } from "react";
import { useClient, type Client, type CombinedError } from "urql";
import type { GroupRowFragment } from "./groups.graphql";
import { DeleteGroupDocument, GroupNowDocument } from "./remove.graphql";

export type Removal =
  | { readonly step: "asking" | "running" | "gone" }
  /** So many users are available now. */
  | { readonly step: "done"; readonly released: number }
  | { readonly step: "conflict"; readonly now: GroupRowFragment }
  | { readonly step: "failed"; readonly message: string | null };

/** Deletes a group in the version that was seen; after a conflict, in the one that the person has seen by then. */
export function useRemoval(group: GroupRowFragment): [Removal, () => Promise<void>] {
  const client = useClient();
  const [removal, setRemoval] = useState<Removal>({ step: "asking" });
  const [version, setVersion] = useState(group.version);

  const remove = async (): Promise<void> => {
    setRemoval({ step: "running" });
    const next = await attempt(client, group.id, version);
    if (next.step === "conflict") setVersion(next.now.version);
    setRemoval(next);
  };

  return [removal, remove];
}

async function attempt(client: Client, id: string, expectedVersion: number): Promise<Removal> {
  const { data, error } = await client.mutation(DeleteGroupDocument, { input: { id, expectedVersion } }).toPromise();
  if (error || !data) return { step: "failed", message: messageOf(error) };
  const { deletedId, released, violations } = data.deletePickupGroup;
  if (deletedId !== null) return { step: "done", released: released.length };
  const types = violations.map((violation) => violation.__typename);
  if (types.includes("NotFound")) return { step: "gone" };
  if (!types.includes("VersionConflict"))
    return { step: "failed", message: violations.map(({ message }) => message).join(" ") };

  const found = await client.query(GroupNowDocument, { id }, { requestPolicy: "network-only" }).toPromise();
  if (found.error) return { step: "failed", message: messageOf(found.error) };
  const now = found.data?.pickupGroup;
  return now ? { step: "conflict", now } : { step: "gone" };
}

/** What the server says, in the person's language; null if there was no answer. */
function messageOf(error: CombinedError | undefined): string | null {
  if (!error || error.graphQLErrors.length === 0) return null;
  return error.graphQLErrors.map(({ message }) => message).join(" ");
}
