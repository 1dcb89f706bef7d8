// Reads a whole site with Apollo Client, page after page through its cache, and prints the names that it then has.
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

const [url, id, pageSize] = process.argv.slice(2);
const client = new ApolloClient({
  link: new HttpLink({ uri: url }),
  cache: new InMemoryCache({
    typePolicies: { Site: { fields: { users: relayStylePagination(['search', 'filter', 'orderBy']) } } },
  }),
});
const query = gql`
  query Users($id: ID!, $first: Int!, $after: String) {
    site(id: $id) {
      id
      users(first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges { cursor node { id displayName } }
      }
    }
  }
`;
const variables = { id, first: Number(pageSize) };
const observable = client.watchQuery({ query, variables });
const subscription = observable.subscribe({});

let { data } = await client.query({ query, variables });
let pages = 1;
while (data.site.users.pageInfo.hasNextPage) {
  await observable.fetchMore({ variables: { after: data.site.users.pageInfo.endCursor } });
  data = client.cache.readQuery({ query, variables });
  pages += 1;
}
subscription.unsubscribe();
client.stop();
const { totalCount, edges } = data.site.users;
console.log(JSON.stringify({ pages, totalCount, names: edges.map((edge) => edge.node.displayName) }));
