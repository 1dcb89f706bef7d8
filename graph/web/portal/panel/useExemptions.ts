/** Who would lose an exemption from barge-in by the next Save: the server says so in a dry run. */

import { useEffect, useState } from "react";
import { useClient } from "urql";

import type { Draft, Person } from "./draft";
import { CheckGroupDocument } from "./saving.graphql";

export function useExemptions(draft: Draft): readonly string[] {
  const client = useClient();
  const [checked, setChecked] = useState<{ readonly of: readonly Person[]; readonly names: readonly string[] }>();
  const { id } = draft.base;
  const { joining } = draft;
  useEffect(() => {
    let isCurrent = true;
    if (joining.length > 0) {
      const input = { id, addUserIds: joining.map((one) => one.id), moveMembers: true, dryRun: true };
      void client
        .mutation(CheckGroupDocument, { input })
        .toPromise()
        .then(({ data }) => {
          // A call that breaks a rule says nothing of exemptions: then the rows of the lists do.
          if (isCurrent && data?.updatePickupGroup.violations.length === 0) {
            const names = data.updatePickupGroup.bargeInExemptionsCleared.map((one) => one.displayName);
            setChecked({ of: joining, names });
          }
        });
    }
    return () => {
      isCurrent = false;
    };
  }, [client, id, joining]);
  return checked?.of === joining
    ? checked.names
    : joining.filter((one) => one.bargeInExempt).map((one) => one.displayName);
}
