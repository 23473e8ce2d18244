// urql: a query, a command that makes it stale in the cache, refusals with their code.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Client, cacheExchange, fetchExchange, gql } from '@urql/core';
import { authorization, endpoint, grid } from './service.mjs';

const UNIT = gql`query ($id: ID!) { node(id: $id) { __typename id ... on Unit { name version } } }`;
const RENAME = gql`
  mutation ($unit: ID!, $name: String!, $version: Int) {
    renameUnit(unit: $unit, name: $name, expectedVersion: $version) { id name version }
  }
`;
const WATCH = gql`subscription ($id: ID!) { unitChanged(id: $id) { id name version } }`;

function client(options = {}) {
  return new Client({
    url: endpoint,
    exchanges: [cacheExchange, fetchExchange],
    fetchOptions: { headers: { authorization } },
    ...options,
  });
}

const code = ({ data, error }) => {
  assert.ok(!data && error, 'it was answered');
  return error.graphQLErrors[0].extensions.code;
};

let own;
before(async () => { own = await grid('乌尔克网格'); });

for (const preferGetMethod of [false, 'force']) {
  test(`a query is answered and kept, by ${preferGetMethod ? 'GET' : 'POST'}`, async () => {
    const urql = client({ preferGetMethod });
    const found = await urql.query(UNIT, { id: own.id });
    assert.equal(found.error, undefined);
    assert.deepEqual([found.data.node.__typename, found.data.node.id], ['Unit', own.id]);
    const kept = await urql.query(UNIT, { id: own.id }, { requestPolicy: 'cache-only' });
    assert.deepEqual(kept.data, found.data);
  });
}

test('a command changes what is shown', async () => {
  const urql = client();
  const seen = await new Promise((resolve, reject) => {
    const shown = urql.query(UNIT, { id: own.id }).subscribe(({ data, error, stale }) => {
      if (error) reject(error);
      if (stale || !data) return;
      if (data.node.version === own.version) {
        const variables = { unit: own.id, name: '新名', version: own.version };
        urql.mutation(RENAME, variables).then((changed) => changed.error && reject(changed.error));
      } else {
        setImmediate(() => shown.unsubscribe());
        resolve(data.node);
      }
    });
  });
  assert.deepEqual([seen.name, seen.version], ['新名', own.version + 1]);
});

test('a subscription is pushed over an event stream', async () => {
  const urql = client({ fetchSubscriptions: true });
  const watched = await grid('乌尔克所看的网格');
  const names = await new Promise((resolve, reject) => {
    const seen = [];
    const pushed = urql.subscription(WATCH, { id: watched.id }).subscribe(({ data, error }) => {
      if (error) reject(error);
      if (seen.push(data.unitChanged.name) === 1) {
        urql.mutation(RENAME, { unit: watched.id, name: '看见了' }).toPromise();
      } else {
        setImmediate(() => pushed.unsubscribe());
        resolve(seen);
      }
    });
  });
  assert.deepEqual(names, ['乌尔克所看的网格', '看见了']);
});

test('refusals have their code', async () => {
  const urql = client();
  assert.equal(code(await urql.query(gql`{ nothing }`, {})), 'DOCUMENT_REFUSED');
  assert.equal(code(await urql.query(UNIT, { id: 'Unit:1' })), 'BAD_INPUT');
  assert.equal(code(await urql.query(UNIT, {})), 'VARIABLES_REFUSED');
  const stranger = client({ fetchOptions: { headers: { authorization: 'Bearer none' } } });
  assert.equal(code(await stranger.query(UNIT, { id: own.id })), 'TOKEN_REFUSED');
});

test('a refused command leaves its place empty and says why', async () => {
  const { data, error } = await client().mutation(RENAME, { unit: own.id, name: '迟到', version: 1 });
  assert.deepEqual(data, { renameUnit: null });
  assert.equal(error.graphQLErrors[0].extensions.code, 'STALE_VERSION');
  assert.deepEqual(error.graphQLErrors[0].path, ['renameUnit']);
});
