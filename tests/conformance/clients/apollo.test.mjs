// Apollo Client: pages that grow in its cache, a change that shows there, refusals with their code.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { authorization, endpoint, grid, rename, sockets } from './service.mjs';

const GRIDS = gql`
  query Grids($first: Int!, $after: String) {
    units(first: $first, after: $after, filter: { kinds: [GRID] }) {
      totalCount
      edges { cursor node { ...Named } }
      pageInfo { hasNextPage endCursor }
    }
  }
  fragment Named on Unit { id name version parent { id name } }
`;
const NODE = gql`query ($id: ID!) { node(id: $id) { id ... on Unit { name version } } }`;
const RENAME = gql`
  mutation Rename($unit: ID!, $name: String!, $version: Int, $commandId: ID) {
    renameUnit(unit: $unit, name: $name, expectedVersion: $version, commandId: $commandId) {
      id name version
    }
  }
`;

function client(options = {}, headers = { authorization }) {
  return new ApolloClient({
    link: ApolloLink.from([new HttpLink({ uri: endpoint, headers, ...options })]),
    cache: new InMemoryCache({
      possibleTypes: { Node: ['Unit', 'Person'] },
      typePolicies: { Query: { fields: { units: relayStylePagination(['filter']) } } },
    }),
  });
}

async function refused(asked) {
  const failed = await asked.then(() => assert.fail('it was answered'), (error) => error);
  assert.ok(CombinedGraphQLErrors.is(failed), String(failed));
  return failed.errors[0].extensions.code;
}

let own;
before(async () => { own = await grid('阿波罗网格'); });

test('a connection grows page by page in the cache', async () => {
  const apollo = client();
  const watched = apollo.watchQuery({ query: GRIDS, variables: { first: 3 } });
  const first = await new Promise((resolve) => {
    watched.subscribe(({ loading, data }) => loading || resolve(data.units));
  });
  assert.equal(first.edges.length, 3);
  assert.ok(first.totalCount > 6 && first.pageInfo.hasNextPage);
  await watched.fetchMore({ variables: { after: first.pageInfo.endCursor } });
  const { edges } = apollo.readQuery({ query: GRIDS, variables: { first: 3 } }).units;
  assert.equal(edges.length, 6);
  assert.equal(new Set(edges.map(({ node }) => node.id)).size, 6);
});

test('a change shows in what was read before', async () => {
  const apollo = client();
  const variables = { id: own.id };
  await apollo.query({ query: NODE, variables });
  const changed = await apollo.mutate({
    mutation: RENAME, variables: { unit: own.id, name: '阿波罗新网格', version: own.version },
  });
  assert.deepEqual(
    [changed.data.renameUnit.name, changed.data.renameUnit.version],
    ['阿波罗新网格', own.version + 1],
  );
  assert.equal(apollo.readQuery({ query: NODE, variables }).node.name, '阿波罗新网格');
});

test('a refused command is an error with its code and path', async () => {
  const stale = { unit: own.id, name: '迟到', version: 1 };
  assert.equal(await refused(client().mutate({ mutation: RENAME, variables: stale })), 'STALE_VERSION');
  const partial = await client().mutate({ mutation: RENAME, variables: stale, errorPolicy: 'all' });
  assert.deepEqual(partial.error.errors[0].path, ['renameUnit']);
});

test('queries go by GET where the client is set so, commands by POST all the same', async () => {
  const apollo = client({ useGETForQueries: true });
  const found = await apollo.query({ query: GRIDS, variables: { first: 1 } });
  assert.equal(found.data.units.edges.length, 1);
  const same = { unit: own.id, name: '同名网格' };
  assert.equal((await apollo.mutate({ mutation: RENAME, variables: same })).data.renameUnit.name, '同名网格');
});

test('a document that is wrong, an argument out of range and a bad token each have their code', async () => {
  const wrong = gql`{ units { nothing } }`;
  assert.equal(await refused(client().query({ query: wrong })), 'DOCUMENT_REFUSED');
  assert.equal(await refused(client().query({ query: GRIDS, variables: { first: 100000 } })), 'BAD_INPUT');
  assert.equal(await refused(client().query({ query: GRIDS })), 'VARIABLES_REFUSED');
  const stranger = client({}, { authorization: 'Bearer none' });
  assert.equal(await refused(stranger.query({ query: NODE, variables: { id: own.id } })), 'TOKEN_REFUSED');
});

test('a subscription over a websocket keeps the cache as the unit is', async () => {
  const watched = await grid('阿波罗所看的网格');
  const ws = createClient({
    url: sockets, webSocketImpl: WebSocket, connectionParams: { authorization }, lazy: true,
  });
  const apollo = new ApolloClient({ link: new GraphQLWsLink(ws), cache: new InMemoryCache() });
  const WATCH = gql`subscription ($id: ID!) { unitChanged(id: $id) { id name version } }`;
  const names = await new Promise((resolve, reject) => {
    const seen = [];
    const pushed = apollo.subscribe({ query: WATCH, variables: { id: watched.id } }).subscribe({
      next({ data, error }) {
        if (error) reject(error);
        if (seen.push(data.unitChanged.name) === 1) rename(watched, '看见了');
        else { pushed.unsubscribe(); resolve(seen); }
      },
      error: reject,
    });
  });
  assert.deepEqual(names, ['阿波罗所看的网格', '看见了']);
  assert.equal(apollo.cache.extract()[`Unit:${watched.id}`].name, '看见了');
  await ws.dispose();
});
