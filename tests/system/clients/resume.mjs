// Follows a site's changes with graphql-ws while they are made, is cut off in the middle of them, and goes on after
// the last that it has seen.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, siteId, groupId, count] = process.argv.slice(2);
const total = Number(count);
const follow =
  'subscription Follow($id: ID!, $after: Int) { changes(siteId: $id, afterRevision: $after) { revision } }';
const rename = 'mutation Rename($input: RenamePickupGroupInput!) { renamePickupGroup(input: $input) { pickupGroup { version } } }';

const revisions = [];
let cuts = 0;

// Resolves when the connection is cut, or with true when the last change has been seen.
const followUntil = (enough) =>
  new Promise((resolve) => {
    const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
    let cut = false;
    client.subscribe(
      { query: follow, variables: { id: siteId, after: revisions.at(-1) ?? 0 } },
      {
        next: ({ data }) => {
          // Some have arrived already when it cuts the connection.
          if (cut) return;
          revisions.push(data.changes.revision);
          if (revisions.length === total) {
            resolve(true);
            void client.dispose();
          } else if (revisions.length === enough) {
            cut = true;
            cuts += 1;
            client.terminate();
          }
        },
        error: () => resolve(false),
        complete: () => resolve(false),
      },
    );
  });

const change = async () => {
  for (let number = 0; number < total - 1; number += 1) {
    const variables = { input: { id: groupId, name: `Name ${number}` } };
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: rename, variables }),
    });
  }
};

const changing = change();
for (const enough of [50, 100, 101, 150, Infinity]) {
  if (await followUntil(enough)) break;
}
await changing;
console.log(JSON.stringify({ cuts, revisions }));
