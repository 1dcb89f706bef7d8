import assert from "node:assert/strict";
import { test } from "node:test";

import { draftOf, type Person, reduceDraft } from "./draft";
import { summaryOf } from "./summary";

const person = (id: string, pickupGroup: Person["pickupGroup"] = null): Person => ({
  id,
  displayName: id,
  extension: null,
  phoneNumber: null,
  email: null,
  stationType: "PREMIUM",
  bargeInExempt: false,
  pickupGroup,
});

test("who joins from another group is counted for that group", () => {
  const [sales, rival] = [
    { id: "2", name: "Sales" },
    { id: "3", name: "Sales" },
  ] as const;
  const people = [person("Ann"), person("Bob", sales), person("Cleo", rival), person("Dan", sales)];
  const draft = reduceDraft(draftOf({ id: "1", name: "Desk", version: 1 }), { type: "assigned", people });

  assert.deepEqual(summaryOf(draft, 1), {
    isRenamed: false,
    joining: 1,
    leaving: 0,
    moving: [
      { from: "Sales", count: 2 },
      { from: "Sales", count: 1 },
    ],
    exemptions: 1,
  });
});
