// Relay: what its compiler made of relay/grids.js is run against the service in Relay's own store.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import relay from 'relay-runtime';
import historyQuery from './relay/__generated__/gridsHistoryQuery.graphql.js';
import pageQuery from './relay/__generated__/gridsPageQuery.graphql.js';
import query from './relay/__generated__/gridsQuery.graphql.js';
import history from './relay/__generated__/grids_history.graphql.js';
import list from './relay/__generated__/grids_list.graphql.js';
import rename from './relay/__generated__/gridsRenameMutation.graphql.js';
import { authorization, endpoint, grid } from './service.mjs';

const { Environment, Network, RecordSource, Store, commitMutation, fetchQuery, getSelector } = relay;
const { createOperationDescriptor } = relay;

async function send({ text }, variables) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
    },
    body: JSON.stringify({ query: text, variables }),
  });
  return answer.json();
}

const environment = new Environment({
  network: Network.create(send),
  store: new Store(new RecordSource()),
});

// The connection as it stands in the store, all its pages together.
function grids(unit) {
  const operation = createOperationDescriptor(query, { unit });
  const { data } = environment.lookup(operation.fragment);
  return environment.lookup(getSelector(list, data)).data.units;
}

let own;
before(async () => { own = await grid('接力网格'); });

test('a connection is read and grows by its next page', async () => {
  const operation = createOperationDescriptor(query, { unit: own.id });
  environment.retain(operation);
  const found = await fetchQuery(environment, query, { unit: own.id }).toPromise();
  assert.equal(found.node.__typename, 'Unit');
  const { edges, pageInfo } = grids(own.id);
  assert.equal(edges.length, 3);
  assert.ok(pageInfo.hasNextPage);
  await fetchQuery(environment, pageQuery, { count: 4, cursor: pageInfo.endCursor }).toPromise();
  const grown = grids(own.id).edges.map(({ node }) => node.__id);
  assert.equal(grown.length, 7);
  assert.equal(new Set(grown).size, 7);
});

test('any object is fetched again by its id', async () => {
  const again = await fetchQuery(environment, historyQuery, { id: own.id }).toPromise();
  assert.equal(again.node.__id, own.id);
  const { data } = environment.lookup(getSelector(history, again.node));
  assert.deepEqual(data.linkages, { nodes: [] });
});

test('a mutation changes the record in the store', async () => {
  const variables = { unit: own.id, name: '接力新网格', version: own.version };
  await new Promise((onCompleted, onError) => {
    commitMutation(environment, { mutation: rename, variables, onCompleted, onError });
  });
  const record = environment.getStore().getSource().get(own.id);
  assert.deepEqual([record.name, record.version], ['接力新网格', own.version + 1]);
});

test('a refused mutation says why', async () => {
  const variables = { unit: own.id, name: '迟到', version: own.version };
  const errors = await new Promise((resolve) => {
    commitMutation(environment, {
      mutation: rename,
      variables,
      onCompleted: (_, failed) => resolve(failed),
      onError: (failed) => resolve(failed.source.errors),
    });
  });
  assert.equal(errors[0].extensions.code, 'STALE_VERSION');
});
