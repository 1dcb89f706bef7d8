import assert from "node:assert/strict";
import { test } from "node:test";

import { draftOf, type Draft, isChanged, type Person } from "./draft";
import { mergeDraft } from "./merge";

const BASE = { id: "PickupGroup:1", name: "Sales", version: 3 };
const CURRENT = { ...BASE, version: 5 };
const OTHER = { id: "PickupGroup:2", name: "Support" };
const THIRD = { id: "PickupGroup:3", name: "Third" };

function person(id: string, pickupGroup: Person["pickupGroup"] = null): Person {
  const rest = { extension: null, phoneNumber: null, email: null, stationType: "BASIC", bargeInExempt: false };
  return { id, displayName: id, ...rest, pickupGroup };
}
const draft = (changed: Partial<Draft>): Draft => ({ ...draftOf(BASE), ...changed });
const names = (people: readonly Person[]) => people.map((one) => one.id);

test("changes that another person has not touched stay, on the current version", () => {
  const mine = draft({ joining: [person("Ann")], leaving: [person("Bob", BASE)] });
  const merge = mergeDraft(mine, CURRENT, [person("Ann"), person("Bob", CURRENT)]);
  assert.deepEqual([names(merge.draft.joining), names(merge.draft.leaving)], [["Ann"], ["Bob"]]);
  assert.equal(merge.draft.base.version, 5);
});

test("what another person has done already is left out", () => {
  const mine = draft({ joining: [person("Ann")], leaving: [person("Bob", BASE)] });
  const merge = mergeDraft(mine, CURRENT, [person("Ann", CURRENT), person("Bob")]);
  assert.deepEqual([names(merge.joined), names(merge.left)], [["Ann"], ["Bob"]]);
  assert.equal(isChanged(merge.draft), false);
});

test("a user who no longer exists does not join", () => {
  const merge = mergeDraft(draft({ joining: [person("Ann")] }), CURRENT, []);
  assert.deepEqual([names(merge.gone), names(merge.draft.joining)], [["Ann"], []]);
});

test("the name of another person is taken if one has not changed it", () => {
  const merge = mergeDraft(draft({ joining: [person("Ann")] }), { ...CURRENT, name: "Ventes" }, [person("Ann")]);
  assert.deepEqual([merge.draft.name, merge.bothRenamed], ["Ventes", false]);
});

test("one's own name stays, and says so if both have changed it", () => {
  const mine = draft({ name: "Mine" });
  assert.equal(mergeDraft(mine, CURRENT, []).bothRenamed, false);
  const merge = mergeDraft(mine, { ...CURRENT, name: "Theirs" }, []);
  assert.deepEqual([merge.draft.name, merge.bothRenamed], ["Mine", true]);
  assert.equal(mergeDraft(mine, { ...CURRENT, name: "Mine" }, []).bothRenamed, false);
});

test("an agreement to move a user holds for the group that was named alone", () => {
  const merge = mergeDraft(draft({ joining: [person("Ann", OTHER), person("Bob")] }), CURRENT, [
    person("Ann", THIRD),
    person("Bob", THIRD),
  ]);
  assert.deepEqual(
    merge.draft.joining.map((one) => one.pickupGroup),
    [OTHER, null],
  );
});
