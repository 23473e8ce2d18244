// graphql-sse: streams of events by their reference client, a connection each.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createClient } from 'graphql-sse';
import { WATCH, authorization, endpoint, grid, rename } from './service.mjs';

const client = (headers = { authorization }) =>
  createClient({ url: endpoint, headers, retryAttempts: 0 });

let own;
before(async () => { own = await grid('事件网格'); });

test('a unit is pushed as it is, then after each change, until one has seen enough', async () => {
  const pushes = client().iterate({ query: WATCH, variables: { id: own.id } });
  const first = (await pushes.next()).value.data.unitChanged;
  assert.deepEqual(first, { name: '事件网格', version: own.version });
  for (const name of ['事件甲网格', '事件乙网格']) {
    await rename(own, name);
    assert.equal((await pushes.next()).value.data.unitChanged.name, name);
  }
  assert.equal((await pushes.return()).done, true);
});

test('a query has one event and is complete', async () => {
  const answers = [];
  for await (const { data } of client().iterate({ query: '{ viewer { isSignedIn } }' })) {
    answers.push(data);
  }
  assert.deepEqual(answers, [{ viewer: { isSignedIn: true } }]);
});

test('what is refused is told in the stream, which ends', async () => {
  const pushes = client().iterate({ query: WATCH, variables: { id: 'Unit:1' } });
  assert.equal((await pushes.next()).value.errors[0].extensions.code, 'BAD_INPUT');
  assert.equal((await pushes.next()).done, true);
});

test('a token that is none is refused before any stream begins', async () => {
  const asked = client({ authorization: 'Bearer none' }).iterate({ query: '{ __typename }' });
  await assert.rejects(asked.next(), ({ response }) => response.status === 401);
});
