import assert from "node:assert/strict";
import { test } from "node:test";

import { draftOf, type Person } from "./draft";
import { assignedRows, assignedTotal, availableRows, availableTotal, rowOf } from "./rows";
import { chosenOf, matches } from "./selection";

const GROUP = { id: "PickupGroup:1", name: "Sales", version: 3 };

function person(displayName: string, pickupGroup: Person["pickupGroup"] = null): Person {
  const rest = { extension: "2001", phoneNumber: null, stationType: "BASIC", bargeInExempt: false };
  return { id: displayName, displayName, email: `${displayName}@example.com`, ...rest, pickupGroup };
}
const [ann, bob, cleo, dan] = [person("Ann"), person("Bob"), person("Cléo", GROUP), person("Dan", GROUP)];
const moved = person("Eve", { id: "PickupGroup:2", name: "Support" });
const draft = { ...draftOf(GROUP), joining: [ann, moved], leaving: [cleo] };
const seen = (rows: readonly { id: string; mark: unknown }[]) => rows.map((row) => [row.id, row.mark]);

test("rows that are not saved come first, on the side that they move to", () => {
  assert.deepEqual(seen(availableRows(draft, [ann, bob].map(rowOf), "")), [
    ["Cléo", "leaves"],
    ["Bob", null],
  ]);
  assert.deepEqual(seen(assignedRows(draft, [cleo, dan].map(rowOf), "")), [
    ["Ann", "joins"],
    ["Eve", "joins"],
    ["Dan", null],
  ]);
});

test("a search looks through the rows that are not saved, without case and accents", () => {
  assert.deepEqual(seen(availableRows(draft, [], "CLEO 200")), [["Cléo", "leaves"]]);
  assert.deepEqual(seen(assignedRows(draft, [], "an 20 q")), []);
  assert.deepEqual(seen(assignedRows(draft, [], "ann@example.com")), [["Ann", "joins"]]);
  assert.equal(matches(cleo, ""), true);
});

test("totals count what is moved; a user of another group was not available", () => {
  const available = { people: [ann, bob].map(rowOf), total: 10 };
  const assigned = { people: [cleo, dan].map(rowOf), total: 2 };
  assert.equal(availableTotal(draft, available, ""), 10);
  assert.equal(assignedTotal(draft, assigned, ""), 3);
});

test("totals of a search count what is moved and found by it, on the pages that are not read too", () => {
  const found = { people: [], total: 60 };
  assert.deepEqual(["ann", "cleo", "bob"].map((search) => availableTotal(draft, found, search)), [59, 61, 60]);
  assert.deepEqual(["eve", "cleo", "bob"].map((search) => assignedTotal(draft, found, search)), [61, 59, 60]);
  // The server may find more than these rows do.
  assert.equal(availableTotal(draft, { people: [rowOf(ann)], total: 1 }, "whatever"), 0);
});

test("users stay chosen although another search shows other rows", () => {
  const first = chosenOf(new Set(["Ann"]), [ann], new Map());
  const second = chosenOf(new Set(["Ann", "Bob"]), [bob], first);
  assert.deepEqual([...second.keys()], ["Ann", "Bob"]);
  assert.deepEqual([...chosenOf("all", [bob, dan], first).keys()], ["Ann", "Bob", "Dan"]);
  assert.deepEqual([...chosenOf(new Set(["Bob"]), [], second).values()], [bob]);
});
