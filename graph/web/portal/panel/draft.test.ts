import assert from "node:assert/strict";
import { test } from "node:test";

import { changesOf, draftOf, type Draft, isChanged, type Person, reduceDraft } from "./draft";

const GROUP = { id: "PickupGroup:1", name: "Sales", version: 3 };
const OTHER = { id: "PickupGroup:2", name: "Support" };

function person(id: string, pickupGroup: Person["pickupGroup"] = null): Person {
  const rest = { extension: null, phoneNumber: null, email: null, stationType: "BASIC", bargeInExempt: false };
  return { id, displayName: id, ...rest, pickupGroup };
}
const [ann, bob, cleo] = [person("Ann"), person("Bob", GROUP), person("Cleo", OTHER)];

const ids = (draft: Draft) => [draft.joining.map((one) => one.id), draft.leaving.map((one) => one.id)];

test("users assigned join, in the order of choosing, each once", () => {
  const once = reduceDraft(draftOf(GROUP), { type: "assigned", people: [cleo, ann] });
  const twice = reduceDraft(once, { type: "assigned", people: [ann] });
  assert.deepEqual(ids(twice), [["Cleo", "Ann"], []]);
});

test("a user who joins and is released is as before", () => {
  const joining = reduceDraft(draftOf(GROUP), { type: "assigned", people: [ann] });
  const back = reduceDraft(joining, { type: "released", people: [ann] });
  assert.deepEqual(ids(back), [[], []]);
  assert.equal(isChanged(back), false);
});

test("a member who is released and assigned again stays", () => {
  const leaving = reduceDraft(draftOf(GROUP), { type: "released", people: [bob] });
  assert.deepEqual(ids(leaving), [[], ["Bob"]]);
  assert.deepEqual(ids(reduceDraft(leaving, { type: "assigned", people: [bob] })), [[], []]);
});

test("what is changed during a save is still to be saved after it", () => {
  const sent = [
    { type: "assigned", people: [ann, cleo] },
    { type: "released", people: [bob] },
  ] as const;
  const draft = sent.reduce<Draft>(reduceDraft, draftOf(GROUP));
  const group = { ...GROUP, version: 4 };
  assert.deepEqual(reduceDraft(draft, { type: "saved", sent: draft, group }), draftOf(group));

  const meanwhile = [
    { type: "named", name: "Ventes" },
    { type: "released", people: [ann] },
    { type: "assigned", people: [bob, person("Dan")] },
  ] as const;
  const saved = reduceDraft(meanwhile.reduce<Draft>(reduceDraft, draft), { type: "saved", sent: draft, group });
  assert.deepEqual([saved.base, saved.name, ...ids(saved)], [group, "Ventes", ["Dan", "Bob"], ["Ann"]]);
  assert.equal(changesOf(saved).moveMembers, false);
});

test("changes have a name only if it is another one", () => {
  const named = (name: string) => changesOf(reduceDraft(draftOf(GROUP), { type: "named", name }));
  assert.equal("name" in named("  Sales "), false);
  assert.equal(named(" Ventes ").name, "Ventes");
});

test("changes move members only if one of them is in another group", () => {
  const joining = reduceDraft(draftOf(GROUP), { type: "assigned", people: [ann] });
  assert.equal(changesOf(joining).moveMembers, false);
  const moving = reduceDraft(joining, { type: "assigned", people: [cleo] });
  assert.deepEqual(changesOf(moving), { addUserIds: ["Ann", "Cleo"], removeUserIds: [], moveMembers: true });
});

test("a user who has come into another group is moved once that is agreed", () => {
  const joining = reduceDraft(draftOf(GROUP), { type: "assigned", people: [ann] });
  const agreed = reduceDraft(joining, { type: "moved", id: "Ann", from: OTHER });
  assert.deepEqual(agreed.joining, [{ ...ann, pickupGroup: OTHER }]);
  assert.equal(changesOf(agreed).moveMembers, true);
});
