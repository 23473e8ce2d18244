// graphql-ws: the protocol graphql-transport-ws by its own reference client.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { WATCH, authorization, grid, rename, sockets } from './service.mjs';

const clients = [];

function client(connectionParams = { authorization }, url = sockets) {
  const made = createClient({ url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 });
  clients.push(made);
  return made;
}

let own;
before(async () => { own = await grid('插座网格'); });
after(() => Promise.all(clients.map((made) => made.dispose())));

test('a unit is pushed as it is, then after each change, until one has seen enough', async () => {
  const pushes = client().iterate({ query: WATCH, variables: { id: own.id } });
  const first = (await pushes.next()).value.data.unitChanged;
  assert.deepEqual(first, { name: '插座网格', version: own.version });
  for (const name of ['插座甲网格', '插座乙网格']) {
    await rename(own, name);
    assert.equal((await pushes.next()).value.data.unitChanged.name, name);
  }
  assert.equal((await pushes.return()).done, true);
});

test('streams side by side on one connection are each pushed their own', async () => {
  const shared = client();
  const units = [await grid('并列甲'), await grid('并列乙')];
  const streams = units.map(({ id }) => shared.iterate({ query: WATCH, variables: { id } }));
  const names = [];
  for (const pushes of streams) names.push((await pushes.next()).value.data.unitChanged.name);
  assert.deepEqual(names, ['并列甲', '并列乙']);
  await rename(units[1], '并列丙');
  assert.equal((await streams[1].next()).value.data.unitChanged.name, '并列丙');
  await Promise.all(streams.map((pushes) => pushes.return()));
});

test('a query and a command have one answer and are complete', async () => {
  for (const [query, data] of [
    ['{ viewer { isSignedIn } }', { viewer: { isSignedIn: true } }],
    [`mutation { renameUnit(unit: "${own.id}", name: "插座丙网格") { name } }`,
      { renameUnit: { name: '插座丙网格' } }],
  ]) {
    const answers = [];
    for await (const answer of client().iterate({ query })) answers.push(answer.data);
    assert.deepEqual(answers, [data]);
  }
});

test('the public says its county in the address and is told what it may not see', async () => {
  const query = '{ people { totalCount } }';
  const asked = client({}, `${sockets}/yihuang`).iterate({ query });
  await assert.rejects(asked.next(), (errors) => errors[0].extensions.code === 'FORBIDDEN');
});

test('what is refused ends its stream with the code and no other', async () => {
  const shared = client();
  const kept = shared.iterate({ query: WATCH, variables: { id: own.id } });
  await kept.next();
  for (const [query, id, code] of [
    [WATCH, 'Unit:1', 'BAD_INPUT'],
    [WATCH, 'Unit:0190b3a0-0000-7000-8000-000000000000', 'NOT_FOUND'],
    ['{ nothing }', '', 'DOCUMENT_REFUSED'],
  ]) {
    const refused = shared.iterate({ query, variables: query === WATCH ? { id } : {} });
    await assert.rejects(refused.next(), (errors) => errors[0].extensions.code === code);
  }
  await rename(own, '插座丁网格');
  assert.equal((await kept.next()).value.data.unitChanged.name, '插座丁网格');
  await kept.return();
});

test('a token that is none closes the connection', async () => {
  const asked = client({ authorization: 'Bearer none' }).iterate({ query: '{ __typename }' });
  await assert.rejects(asked.next(), ({ code, reason }) => {
    assert.equal(code, 4403);
    return reason.includes('TOKEN_REFUSED');
  });
});

test('the legacy subprotocol graphql-ws is not spoken', async () => {
  const socket = new WebSocket(sockets, 'graphql-ws', { headers: { authorization } });
  const code = await new Promise((resolve) => {
    socket.on('close', resolve);
    socket.on('error', () => {});
  });
  assert.ok([4406, 1006].includes(code), String(code));
  assert.equal(socket.protocol || '', '');
});
