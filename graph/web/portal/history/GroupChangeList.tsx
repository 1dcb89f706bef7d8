import { ChangeList } from "./ChangeList";
import type { ChangeEntryFragment } from "./history.graphql";
import { useSiteChanges } from "./useSiteChanges";

interface GroupChangeListProps {
  readonly siteId: string;
  /** The oldest come first. */
  readonly changes: readonly ChangeEntryFragment[];
}

/** The changes of one group. Those of its site tell which other groups its users came from and went to. */
export function GroupChangeList({ siteId, changes }: GroupChangeListProps) {
  const first = changes.find(({ membersAdded, membersRemoved }) => membersAdded.length + membersRemoved.length > 0);
  return <ChangeList changes={changes} ofSite={useSiteChanges(siteId, first?.occurredAt ?? null)} />;
}
