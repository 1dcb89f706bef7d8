import assert from "node:assert/strict";
import { test } from "node:test";

import { describeActor, describeChange, usersIn } from "./describe";
import { readMoves } from "./moves";
import { namesThen } from "./namesThen";
import { NO_PAGES, readPages } from "./pages";
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
const nameOf = (id: string) => ({ "User:1": "Ann Lee", "User:2": "Bob Ray", "User:9": null })[id];
const noMoves = { from: () => undefined, to: () => undefined };

test("a change of users names those who joined, left and lost an exemption", () => {
  const change = {
    ...NOTHING,
    kind: "PICKUP_GROUP_MEMBERS_CHANGED" as const,
    membersAdded: ["User:1", "User:2"],
    membersRemoved: ["User:9"],
    bargeInExemptionsCleared: ["User:2"],
  };
  const { text, lines } = describeChange(change, nameOf, noMoves, "Sales", english);
  assert.deepEqual(text, ["Changed the users of ", "Sales", ""]);
  assert.deepEqual(lines.map((line) => line.text), [
    "Joined: Ann Lee and Bob Ray",
    "Left: a former user",
    "Lost the exemption from barge-in: Bob Ray",
  ]);
  assert.deepEqual(lines.map((line) => line.long), [null, null, null]);
});

test("long lists of users are cut until they are opened", () => {
  const ids = Array.from({ length: 40 }, (_, number) => `User:${number + 10}`);
  const change = { ...NOTHING, kind: "PICKUP_GROUP_CREATED" as const, nameAfter: "New", membersAdded: ids };
  const { text, lines } = describeChange(change, (id) => id, noMoves, "New", english);
  assert.equal(text.join(""), "Made the group New");
  const [{ key, ...line }] = lines as [(typeof lines)[number]];
  assert.match(line.text, /User:21, and 28 more$/);
  assert.equal(line.long, 40);
  assert.equal(usersIn([change], noMoves).length, 12);

  const opened = new Set([key]);
  const all = describeChange(change, (id) => id, noMoves, "New", english, opened);
  assert.match(all.lines[0]!.text, /User:48, and User:49$/);
  assert.equal(usersIn([change], noMoves, opened).length, 40);
  // While the other names are read.
  const first = describeChange(change, (id) => (id < "User:22" ? id : undefined), noMoves, "New", english, opened);
  assert.match(first.lines[0]!.text, /User:21, and 28 more$/);
});

test("users whose names are not read yet are not called former users", () => {
  const change = { ...NOTHING, kind: "PICKUP_GROUP_DELETED" as const, membersRemoved: ["User:1", "User:5"] };
  const { lines } = describeChange(change, nameOf, noMoves, "Sales", english);
  assert.deepEqual(lines.map(({ text }) => text), ["Left: …"]);
});

test("users who were moved are told apart by the group that they came from or went to", () => {
  const other = { pickupGroupId: "PickupGroup:2", pickupGroup: null };
  const changes = [
    { ...NOTHING, kind: "PICKUP_GROUP_MEMBERS_CHANGED" as const, ...other, membersRemoved: ["User:2"] },
    { ...NOTHING, kind: "PICKUP_GROUP_CREATED" as const, revision: 2, membersAdded: ["User:1", "User:2"] },
    // Another day, from no group.
    { ...NOTHING, kind: "PICKUP_GROUP_CREATED" as const, revision: 3, membersAdded: ["User:2"], occurredAt: "2026-01-02" },
  ];
  const moves = readMoves(changes, new Map([[1, "Support"], [2, "Sales"]]));
  const lines = changes.map((change) =>
    describeChange(change, nameOf, moves, "Sales", english).lines.map(({ text }) => text),
  );
  assert.deepEqual(lines, [["Moved to Sales: Bob Ray"], ["Joined: Ann Lee", "Moved from Support: Bob Ray"], ["Joined: Bob Ray"]]);
  assert.deepEqual(usersIn(changes, moves), ["User:2", "User:1"]);
});

test("renamed, deleted and directory changes are told in both languages", () => {
  const renamed = { ...NOTHING, kind: "PICKUP_GROUP_RENAMED" as const, nameBefore: "A", nameAfter: "B" };
  const deleted = { ...NOTHING, kind: "PICKUP_GROUP_DELETED" as const, pickupGroup: null, nameBefore: "B" };
  const directory = { ...NOTHING, kind: "DIRECTORY_CHANGED" as const, pickupGroup: null, pickupGroupId: null };
  const texts = [renamed, deleted, directory].map((one) =>
    describeChange(one, nameOf, noMoves, "B", french).text.join(""),
  );
  assert.deepEqual(texts, [
    "Groupe A renommé en B",
    "Groupe B supprimé",
    "Annuaire\u00a0: le site ou ses utilisateurs ont été mis à jour",
  ]);
});

test("who made a change is said in words", () => {
  const said = ["ann", "import:root", "anonymous"].map((actor) => describeActor(actor, english));
  assert.deepEqual(said, ["ann", "Import started by root", "Without sign-in"]);
});

test("a group has the name of that time, and a deleted one its last", () => {
  const changed = { ...NOTHING, kind: "PICKUP_GROUP_MEMBERS_CHANGED" as const };
  const other = { pickupGroupId: "PickupGroup:2", pickupGroup: null };
  const names = namesThen([
    { ...changed, revision: 1, ...other },
    { ...changed, revision: 2 },
    { ...NOTHING, revision: 3, kind: "PICKUP_GROUP_RENAMED", nameBefore: "Reception", nameAfter: "Front desk" },
    { ...changed, revision: 4 },
    { ...NOTHING, revision: 5, kind: "PICKUP_GROUP_RENAMED", nameBefore: "Front desk", nameAfter: "Sales" },
    { ...NOTHING, revision: 6, kind: "PICKUP_GROUP_DELETED", nameBefore: "Billing", ...other },
    { ...NOTHING, revision: 7, kind: "DIRECTORY_CHANGED", pickupGroupId: null, pickupGroup: null },
    { ...changed, revision: 8 },
  ]);
  assert.deepEqual([...names].reverse(), [
    [1, "Billing"],
    [2, "Reception"],
    [3, "Front desk"],
    [4, "Front desk"],
    [5, "Sales"],
    [6, "Billing"],
    [8, "Sales"],
  ]);
});

test("later changes are added once, and earlier ones before them", () => {
  const entry = (revision: number) => ({ ...NOTHING, revision, kind: "PICKUP_GROUP_MEMBERS_CHANGED" as const });
  const page = (...revisions: number[]) => ({
    __typename: "ChangeConnection" as const,
    totalCount: 4,
    pageInfo: { __typename: "PageInfo" as const, hasPreviousPage: revisions[0] !== 1, startCursor: "c" },
    nodes: revisions.map(entry),
  });
  let pages = readPages(NO_PAGES, { type: "earlier", name: "Sales", revision: 4, page: page(3, 4) });
  pages = readPages(pages, { type: "later", changes: [entry(4), entry(5)] });
  pages = readPages(pages, { type: "later", changes: [entry(5)] });
  assert.equal(pages.total, 5);
  pages = readPages(pages, { type: "earlier", name: "Sales", revision: 5, page: { ...page(1, 2), totalCount: 5 } });
  assert.deepEqual(pages.changes.map(({ revision }) => revision), [1, 2, 3, 4, 5]);
  assert.deepEqual([pages.revision, pages.total], [4, 5]);
  // The newest alone, then all since the first page.
  pages = readPages(pages, { type: "later", changes: [entry(8), entry(9)] });
  pages = readPages(pages, { type: "later", changes: [5, 6, 7, 8, 9].map(entry) });
  assert.deepEqual(pages.changes.map(({ revision }) => revision), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(pages.total, 9);
});
