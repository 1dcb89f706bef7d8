import "./panel.css";

import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { useQuery } from "urql";

import { type Group, NEW_GROUP } from "./draft";
import { GroupForm } from "./GroupForm";
import { OpenGroupDocument } from "./GroupPanel.graphql";
import { NoGroup } from "./NoGroup";
import { useWords } from "./useWords";

interface GroupPanelProps {
  readonly siteId: string;
  /** "new" until the group is made. */
  readonly groupId: string;
  readonly canWrite: boolean;
  /** The new group has this id from now on. */
  readonly onMade: (groupId: string) => void;
  readonly onClose: () => void;
  /** There is no such group, or the caller may not see it. */
  readonly onMissing: (groupId: string) => void;
  /** Leads to a group that a violation names. */
  readonly onOpen: (groupId: string) => void;
  /** The group is of this site, not of the one of the address. */
  readonly onOtherSite: (siteId: string) => void;
}

/** Add and Edit, once the group is read. */
export function GroupPanel({
  siteId,
  groupId,
  canWrite,
  onMade,
  onClose,
  onMissing,
  onOpen,
  onOtherSite,
}: GroupPanelProps) {
  const words = useWords();
  const isNew = groupId === NEW_GROUP.id;
  const [{ data, error }, reload] = useQuery({
    query: OpenGroupDocument,
    variables: { id: groupId },
    pause: isNew,
    requestPolicy: "cache-and-network",
  });
  const otherSite = data?.pickupGroup && data.pickupGroup.site.id !== siteId ? data.pickupGroup.site.id : null;
  useEffect(() => {
    if (otherSite !== null) {
      onOtherSite(otherSite);
    }
  }, [otherSite, onOtherSite]);
  const isGone = !error && data?.pickupGroup === null;
  // A group that is deleted while it is edited stays on the page with what was typed.
  const [last, setLast] = useState<Group | null>(isNew ? NEW_GROUP : null);
  if (data?.pickupGroup && data.pickupGroup !== last) {
    setLast(data.pickupGroup);
  }
  if (isNew && !canWrite) {
    return (
      <section className="panel">
        <p className="notice-box">{words.mayNotAdd}</p>
        <div className="panel-buttons">
          <Button className="button" onPress={onClose}>
            {words.close}
          </Button>
        </div>
      </section>
    );
  }
  const notice = (
    <section className="panel">
      {otherSite !== null || (!error && !data) ? <p className="loading">{words.loading}</p> : null}
      {error && (
        <p className="notice-box error" role="alert">
          {words.groupNotLoaded}
        </p>
      )}
      {isGone && <NoGroup siteId={siteId} groupId={groupId} onMissing={onMissing} />}
      <div className="panel-buttons">
        {error && (
          <Button className="button" onPress={() => reload({ requestPolicy: "network-only" })}>
            {words.tryAgain}
          </Button>
        )}
        <Button className="button" onPress={onClose}>
          {words.close}
        </Button>
      </div>
    </section>
  );
  if (last && otherSite === null) {
    return (
      <GroupForm
        siteId={siteId}
        group={last}
        isReadOnly={!canWrite}
        instead={isGone ? notice : null}
        onMade={onMade}
        onClose={onClose}
        onOpen={onOpen}
      />
    );
  }
  return notice;
}
