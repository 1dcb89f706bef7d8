import "./panel.css";

import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useQuery } from "urql";

import { OpenGroupDocument } from "./GroupPanel.graphql";
import { EditGroup } from "./EditGroup";
import { failureOf } from "./failure";
import { NewGroup } from "./NewGroup";
import { ProblemNotice } from "./ProblemNotice";
import { useWords } from "./useWords";

interface GroupPanelProps {
  readonly siteId: string;
  readonly groupId: string;
  readonly canWrite?: boolean;
  readonly onClose: () => void;
  /** Another group is shown from now on: the new one, once it is made, or one that a violation names. */
  readonly onOpen?: ((groupId: string) => void) | undefined;
  /** The group is of this site, not of the one of the address. */
  readonly onOtherSite: (siteId: string) => void;
}

/** Add and Edit: the group's name and the two lists of users. `groupId` is "new" for Add. */
export function GroupPanel(props: GroupPanelProps) {
  const { siteId, groupId, canWrite = true, onClose, onOpen, onOtherSite } = props;
  const [created, setCreated] = useState<{ readonly id: string; readonly of: string } | null>(null);
  const id = groupId === "new" && created ? created.id : groupId;
  if (id === "new") {
    return (
      <NewGroup
        siteId={siteId}
        onClose={onClose}
        onCreated={(made) => {
          setCreated({ id: made, of: siteId });
          onOpen?.(made);
        }}
        onOpen={onOpen}
      />
    );
  }
  return (
    <OpenGroup
      key={id}
      siteId={siteId}
      groupId={id}
      isNew={created?.id === id}
      canWrite={canWrite}
      onClose={onClose}
      onOpen={onOpen}
      onOtherSite={onOtherSite}
    />
  );
}

interface OpenGroupProps extends GroupPanelProps {
  readonly isNew: boolean;
  readonly canWrite: boolean;
}

function OpenGroup({ siteId, groupId, isNew, canWrite, onClose, onOpen, onOtherSite }: OpenGroupProps) {
  const words = useWords();
  const [{ data, error, fetching }, reload] = useQuery({
    query: OpenGroupDocument,
    variables: { id: groupId },
    requestPolicy: "cache-and-network",
  });
  const heading = useRef<HTMLHeadingElement>(null);
  const isReady = Boolean(data?.pickupGroup);
  useEffect(() => {
    if (isReady && !isNew) {
      heading.current?.focus();
    }
  }, [isReady, isNew]);
  const otherSite = data?.pickupGroup && data.pickupGroup.site.id !== siteId ? data.pickupGroup.site.id : null;
  useEffect(() => {
    if (otherSite !== null) {
      onOtherSite(otherSite);
    }
  }, [otherSite, onOtherSite]);
  // A group that is deleted while it is edited stays on the page with what was typed.
  const [last, setLast] = useState(data?.pickupGroup);
  if (data?.pickupGroup && data.pickupGroup !== last) {
    setLast(data.pickupGroup);
  }
  if (last && otherSite === null) {
    return (
      <EditGroup
        siteId={siteId}
        group={last}
        isNew={isNew}
        isReadOnly={!canWrite}
        heading={heading}
        onClose={onClose}
        onOpen={onOpen}
      />
    );
  }
  return (
    <section className="panel">
      {fetching || otherSite !== null || (!error && !data) ? <p>{words.loading}</p> : null}
      {error ? <ProblemNotice problem={failureOf(error)} /> : null}
      {data && !data.pickupGroup ? <ProblemNotice problem={{ kind: "gone" }} /> : null}
      <div className="panel-buttons">
        {error && (
          <Button
            className="button"
            onPress={() => {
              reload({ requestPolicy: "network-only" });
            }}
          >
            {words.tryAgain}
          </Button>
        )}
        <Button className="button" onPress={onClose}>
          {words.close}
        </Button>
      </div>
    </section>
  );
}
