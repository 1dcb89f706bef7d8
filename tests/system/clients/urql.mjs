// Asks with urql: a query, a mutation, a query that is refused, and a subscription over server-sent events.
import { Client, fetchExchange } from '@urql/core';

const [url, siteId] = process.argv.slice(2);
const types = [];
const client = new Client({
  url,
  exchanges: [fetchExchange],
  fetchSubscriptions: true,
  preferGetMethod: false,
  fetch: async (...request) => {
    const response = await fetch(...request);
    types.push(response.headers.get('content-type'));
    return response;
  },
});

const viewer = await client.query('{ viewer { subject } }', {}).toPromise();
const refused = await client.query('{ nothing }', {}).toPromise();
const create = `
  mutation Create($input: CreatePickupGroupInput!) {
    createPickupGroup(input: $input) { pickupGroup { name } violations { rule } }
  }
`;
const created = await client.mutation(create, { input: { siteId, name: 'First' } }).toPromise();

const follow = 'subscription Follow($id: ID!) { changes(siteId: $id, afterRevision: 0) { revision nameAfter } }';
const changes = await new Promise((resolve, reject) => {
  const seen = [];
  client.subscription(follow, { id: siteId }).subscribe(({ data, error }) => {
    if (error) return reject(error);
    seen.push(data.changes);
    if (seen.length === 1) void client.mutation(create, { input: { siteId, name: 'Second' } }).toPromise();
    if (seen.length === 2) resolve(seen);
  });
});

console.log(
  JSON.stringify({
    viewer: viewer.data.viewer,
    created: created.data.createPickupGroup,
    refused: refused.error.graphQLErrors.map((error) => error.extensions.code),
    changes: changes.map(({ revision, nameAfter }) => [revision, nameAfter]),
    types,
  }),
);
// The stream has no end of its own.
process.exit(0);
