import assert from "node:assert/strict";
import { test } from "node:test";

import { allRead, noPeople, type PeopleState, reducePeople } from "./people";
import { rowOf } from "./rows";

const ANN = { id: "User:1", displayName: "Ann Lee", stationType: "BASIC", bargeInExempt: false } as const;
const PAGE = { totalCount: 1, pageInfo: { hasNextPage: false }, nodes: [ANN] };
const FAILURE = { kind: "network" } as never;

const read: PeopleState = reducePeople(noPeople, { type: "page", page: PAGE, isFirst: true });

test("a failure of an earlier search leaves the one that is being read", () => {
  const searched = reducePeople(read, { type: "searched", search: "lee" });

  assert.deepEqual(reducePeople(searched, { type: "failed", search: "", failure: FAILURE }), searched);
  const failed = reducePeople(searched, { type: "failed", search: "lee", failure: FAILURE });
  assert.deepEqual([failed.asked, failed.failure], [null, FAILURE]);
});

test("users of the last search are not all that the next one finds", () => {
  const searched = reducePeople(read, { type: "searched", search: "lee" });
  const failed = reducePeople(searched, { type: "failed", search: "lee", failure: FAILURE });

  assert.deepEqual(allRead(read), [rowOf(ANN)]);
  assert.deepEqual([allRead(searched), allRead(failed)], [null, null]);
});

test("users of the first page are not all if there is another page", () => {
  const page = { ...PAGE, pageInfo: { hasNextPage: true, endCursor: "c" } };

  assert.equal(allRead(reducePeople(noPeople, { type: "page", page, isFirst: true })), null);
});
