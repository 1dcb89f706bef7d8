// Asks twice with Apollo's link for automatic persisted queries, and prints what was sent and what came back.
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

const [url, method] = process.argv.slice(2);
const sent = [];
const fetchAndNote = (address, options) => {
  const body = options.body ? JSON.parse(options.body) : Object.fromEntries(new URL(address).searchParams);
  sent.push([options.method, 'query' in body]);
  return fetch(address, options);
};
const client = new ApolloClient({
  link: ApolloLink.from([
    new PersistedQueryLink({
      sha256: (query) => createHash('sha256').update(query).digest('hex'),
      useGETForHashedQueries: method === 'GET',
    }),
    new HttpLink({ uri: url, fetch: fetchAndNote }),
  ]),
  cache: new InMemoryCache(),
});
const query = gql`query Who { viewer { subject } }`;
const subjects = [];
for (let time = 0; time < 2; time += 1) {
  const { data } = await client.query({ query, fetchPolicy: 'no-cache' });
  subjects.push(data.viewer.subject);
}
client.stop();
console.log(JSON.stringify({ subjects, sent }));
