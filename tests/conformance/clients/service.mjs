// The service under test: its address and the tokens that it gave out, from the environment.
export const url = process.env.SANFANG_URL;
export const endpoint = `${url}/graphql`;
export const sockets = endpoint.replace(/^http/, 'ws');
export const token = process.env.SANFANG_TOKEN;
export const authorization = `Bearer ${token}`;

// Asks without any client: what a test needs to know before its client begins.
export async function ask(query, variables = {}) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

// The unit that the token's holder is appointed to.
export async function unit() {
  const { viewer } = await ask('{ viewer { posts { unitId } } }');
  return viewer.posts[0].unitId;
}

// A new grid below that unit, of the test's own.
export async function grid(name) {
  const { foundUnit } = await ask(
    `mutation ($parent: ID!, $name: String!) {
      foundUnit(kind: GRID, name: $name, parent: $parent) { id name version }
    }`,
    { parent: await unit(), name },
  );
  return foundUnit;
}

export const WATCH = 'subscription ($id: ID!) { unitChanged(id: $id) { name version } }';

// Gives a unit another name.
export async function rename(unit, name) {
  await ask('mutation ($u: ID!, $n: String!) { renameUnit(unit: $u, name: $n) { id } }', {
    u: unit.id,
    n: name,
  });
}
