// The GraphQL client: urql with graphcache.
//
// urql, because its normalised cache is a third of Apollo's in size, because a cached object that changes, by a mutation
// or by the subscription, is drawn anew wherever it stands, and because fetch and exchanges are ours to choose.
// relayPagination is not used: it joins pages into one list that grows; this page shows one at a time, by its cursors.

import { cacheExchange, type UpdatesConfig } from "@urql/exchange-graphcache";
import { Client, fetchExchange, makeOperation, mapExchange, subscriptionExchange } from "urql";
import { graphqlUrl } from "../../sign-in/settings";
import { fetchOnce, fetchUntilAnswered } from "./fetch";
import { forwardSubscription } from "./live";

/** Types without an id: they are kept as a part of what they stand in. */
const EMBEDDED = [
  ...["PageInfo", "SiteConnection", "SiteEdge", "UserConnection", "UserEdge", "PickupGroupConnection"],
  ...["PickupGroupEdge", "ChangeConnection", "ChangeEdge", "Viewer"],
  ...["CreatePickupGroupPayload", "RenamePickupGroupPayload", "PickupGroupMembersPayload", "DeletePickupGroupPayload"],
  ...["InvalidName", "NameTaken", "MemberOnAnotherSite", "MemberInAnotherGroup", "StationNotEligible"],
  ...["VersionConflict", "NotFound"],
];

/** A group that is deleted is not shown once more, by Back or by a link. In the list its row stays until that is read. */
const UPDATES: UpdatesConfig = {
  Mutation: {
    deletePickupGroup: ({ deletePickupGroup }, _, cache) => {
      const { deletedId } = deletePickupGroup as { deletedId: string | null };
      if (deletedId !== null) cache.link("Query", "pickupGroup", { id: deletedId }, null);
    },
  },
};

/** A client with an empty cache: another person gets another one. */
export function createClient(): Client {
  return new Client({
    url: graphqlUrl.href,
    preferGetMethod: false,
    exchanges: [
      cacheExchange({ keys: Object.fromEntries(EMBEDDED.map((type) => [type, () => null])), updates: UPDATES }),
      mapExchange({
        onOperation: (operation) =>
          makeOperation(operation.kind, operation, {
            ...operation.context,
            fetch: operation.kind === "mutation" ? fetchOnce : fetchUntilAnswered,
          }),
      }),
      fetchExchange,
      subscriptionExchange({ forwardSubscription }),
    ],
  });
}
