import assert from "node:assert/strict";
import { test } from "node:test";

import { describeActor, describeChange, usersIn } from "./describe";
import { english, french } from "./words";

const NOTHING = {
  __typename: "Change" as const,
  id: "Change:1",
  revision: 1,
  actor: "ann",
  occurredAt: "2026-01-01T00:00:00.000000Z",
  pickupGroupId: "PickupGroup:1",
  pickupGroup: { __typename: "PickupGroup" as const, id: "PickupGroup:1", name: "Sales" },
  nameBefore: null,
  nameAfter: null,
  membersAdded: [],
  membersRemoved: [],
  bargeInExemptionsCleared: [],
};
const nameOf = (id: string) => ({ "User:1": "Ann Lee", "User:2": "Bob Ray" })[id];

test("a change of users names those who joined, left and lost an exemption", () => {
  const change = {
    ...NOTHING,
    kind: "PICKUP_GROUP_MEMBERS_CHANGED" as const,
    membersAdded: ["User:1", "User:2"],
    membersRemoved: ["User:9"],
    bargeInExemptionsCleared: ["User:2"],
  };
  assert.deepEqual(describeChange(change, nameOf, english), {
    text: "Changed the users of Sales",
    lines: ["Joined: Ann Lee and Bob Ray", "Left: a former user", "Lost the exemption from barge-in: Bob Ray"],
  });
});

test("long lists of users are cut", () => {
  const ids = Array.from({ length: 40 }, (_, number) => `User:${number + 10}`);
  const change = { ...NOTHING, kind: "PICKUP_GROUP_CREATED" as const, nameAfter: "New", membersAdded: ids };
  const { text, lines } = describeChange(change, (id) => id, english);
  assert.equal(text, "Made the group New");
  assert.match(lines[0]!, /User:21, and 28 more$/);
  assert.equal(usersIn([change]).length, 12);
});

test("renamed, deleted and directory changes are told in both languages", () => {
  const renamed = { ...NOTHING, kind: "PICKUP_GROUP_RENAMED" as const, nameBefore: "A", nameAfter: "B" };
  const deleted = { ...NOTHING, kind: "PICKUP_GROUP_DELETED" as const, pickupGroup: null, nameBefore: "B" };
  const directory = { ...NOTHING, kind: "DIRECTORY_CHANGED" as const, pickupGroup: null, pickupGroupId: null };
  const texts = [renamed, deleted, directory].map((one) => describeChange(one, nameOf, french).text);
  assert.deepEqual(texts, [
    "A renommé A en B",
    "A supprimé le groupe B",
    "A modifié le site ou ses utilisateurs dans l’annuaire",
  ]);
});

test("who made a change is said in words", () => {
  const said = ["ann", "anonymous", "import:root"].map((actor) => describeActor(actor, english));
  assert.deepEqual(said, ["ann", "A person who is not signed in", "Import by root"]);
});
