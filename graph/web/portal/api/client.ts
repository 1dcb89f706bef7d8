// The GraphQL client: urql with graphcache.
//
// urql, because its normalised cache is a third of Apollo's in size, because a cached object that changes, by a mutation
// or by the subscription, is drawn anew wherever it stands, and because fetch and exchanges are ours to choose.
// relayPagination is not used: it joins pages into one list that grows; this page shows one at a time, by its cursors.

import { cacheExchange } from "@urql/exchange-graphcache";
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

/** A client with an empty cache: another person gets another one. */
export function createClient(): Client {
  return new Client({
    url: graphqlUrl.href,
    preferGetMethod: false,
    exchanges: [
      cacheExchange({ keys: Object.fromEntries(EMBEDDED.map((type) => [type, () => null])) }),
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
