import assert from "node:assert/strict";
import { test } from "node:test";

import { NEW_GROUP, type Person } from "./draft";
import { countViolations, placeViolations, violationsAfter } from "./violations";

const broken = (rule: string, ...path: string[]) => ({ rule, message: rule, path: ["input", ...path] });

test("each violation stands beside the name or the user that it is about, or above them", () => {
  const placed = placeViolations(
    [
      broken("NAME_TAKEN", "name"),
      broken("NAME_TOO_LONG", "name"),
      broken("STATION_NOT_ELIGIBLE", "addUserIds", "1"),
      broken("MEMBER_IN_ANOTHER_GROUP", "addUserIds", "1"),
      broken("NOT_FOUND", "removeUserIds", "0"),
      broken("NOT_FOUND", "siteId"),
    ],
    { addUserIds: ["Ann", "Bob"], removeUserIds: ["Cleo"] },
  );
  assert.deepEqual(
    placed.name.map((one) => one.rule),
    ["NAME_TAKEN", "NAME_TOO_LONG"],
  );
  assert.deepEqual(
    placed.users.get("Bob")?.map((one) => one.rule),
    ["STATION_NOT_ELIGIBLE", "MEMBER_IN_ANOTHER_GROUP"],
  );
  assert.deepEqual([...placed.users.keys()], ["Bob", "Cleo"]);
  assert.deepEqual(
    placed.group.map((one) => one.path[1]),
    ["siteId"],
  );
  assert.equal(countViolations(placed), 6);
});

test("a violation goes once what it is about has changed", () => {
  const placed = placeViolations(
    [broken("NAME_TAKEN", "name"), broken("NOT_FOUND", "addUserIds", "0"), broken("NOT_FOUND", "addUserIds", "1")],
    { addUserIds: ["Ann", "Bob"] },
  );
  const people = [{ id: "Ann" }] as unknown as readonly Person[];

  const named = violationsAfter(placed, { type: "named", name: "Desk" });
  assert.deepEqual([named.name.length, named.users.size], [0, 2]);
  const released = violationsAfter(placed, { type: "released", people });
  assert.deepEqual([released.name.length, ...released.users.keys()], [1, "Bob"]);
  assert.deepEqual([...violationsAfter(released, { type: "moved", id: "Bob", from: NEW_GROUP }).users.keys()], []);
  assert.equal(violationsAfter(released, { type: "released", people }), released);
});

test("a violation of a user who was not sent stands above the lists", () => {
  assert.equal(placeViolations([broken("NOT_FOUND", "addUserIds", "7")], { addUserIds: ["Ann"] }).group.length, 1);
});
