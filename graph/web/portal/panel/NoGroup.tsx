import { useEffect } from "react";
import { useQuery } from "urql";

import { useFormats } from "../messages/useMessages";
import { DeletionsDocument } from "./NoGroup.graphql";
import { useWords } from "./useWords";

interface NoGroupProps {
  readonly siteId: string;
  readonly groupId: string;
  /** Nothing can be shown of the group. */
  readonly onMissing: (groupId: string) => void;
}

/** In the place of a group that is not there: that it was deleted, if a late change of the site tells so. */
export function NoGroup({ siteId, groupId, onMissing }: NoGroupProps) {
  const words = useWords();
  const formats = useFormats();
  const [{ data, fetching }] = useQuery({
    query: DeletionsDocument,
    variables: { siteId },
    requestPolicy: "network-only",
  });
  useEffect(() => onMissing(groupId), [onMissing, groupId]);
  const deletion = data?.site?.changes.nodes.find(
    ({ kind, pickupGroupId }) => kind === "PICKUP_GROUP_DELETED" && pickupGroupId === groupId,
  );
  if (fetching) {
    return <p className="loading">{words.loading}</p>;
  }
  return (
    <p className="notice-box error" role="alert">
      {deletion ? words.wasDeleted(deletion.nameBefore ?? "", formats.instant(deletion.occurredAt)) : words.noGroup}
    </p>
  );
}
