// Mercurius with jit, written by hand: one resolver a root field, one loader a relation, and one
// transaction a request in which the county is set.
import { readFileSync } from "node:fs";
import fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";
import { tenantOf } from "./tokens.mjs";

// Dates as text, as they go out.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
const coverage = readFileSync(new URL("./coverage.sql", import.meta.url), "utf8");
const pool = new pg.Pool({ max: Number(process.env.BENCH_POOL) });
const UNIT = "id, kind, name, since, version";

const schema = /* GraphQL */ `
  type Unit {
    id: ID!
    kind: String!
    name: String!
    since: String!
    version: Int!
    linkages: [Linkage!]!
  }
  type Linkage {
    id: ID!
    since: String!
    estate: Unit
    branch: Unit
    committee: Unit
    firm: Unit
  }
  type Coverage {
    estates: Int!
    estatesLinked: Int!
    firms: Int!
    firmsWithPartyOrganisation: Int!
    firmsWithInstructor: Int!
    crossAppointed: Int!
  }
  type Query {
    unit(id: ID!): Unit
    units(first: Int!, kind: String): [Unit!]!
    coverage: Coverage
  }
`;

const resolvers = {
  Query: {
    unit: async (_, { id }, { door }) =>
      (
        await door.ask("one", `select ${UNIT} from unit where tenant_id = $2 and id = $1`, [
          id,
          door.tenant,
        ])
      )[0],
    units: (_, { first, kind }, { door }) =>
      kind === undefined || kind === null
        ? door.ask(
            "all",
            `select ${UNIT} from unit where tenant_id = $2 order by name, id limit $1`,
            [first, door.tenant],
          )
        : door.ask(
            "page",
            `select ${UNIT} from unit where tenant_id = $3 and kind = $2
             order by name, id limit $1`,
            [first, kind, door.tenant],
          ),
    coverage: async (_, __, { door }) => (await door.ask("coverage", coverage, []))[0],
  },
};

async function linkages(queries, { door }) {
  const found = await door.ask(
    "linkages",
    `select id, since, grid_id, estate_id, branch_id, committee_id, firm_id from linkage
     where tenant_id = $2 and grid_id = any($1) and until is null order by since, id`,
    [queries.map(({ obj }) => obj.id), door.tenant],
  );
  const of = new Map(queries.map(({ obj }) => [obj.id, []]));
  for (const row of found) of.get(row.grid_id).push(row);
  return queries.map(({ obj }) => of.get(obj.id));
}

function party(column) {
  return async (queries, { door }) => {
    const ids = [...new Set(queries.map(({ obj }) => obj[column]).filter(Boolean))];
    const found = await door.ask(
      "units",
      `select ${UNIT} from unit where tenant_id = $2 and id = any($1)`,
      [ids, door.tenant],
    );
    const byId = new Map(found.map((row) => [row.id, row]));
    return queries.map(({ obj }) => byId.get(obj[column]) ?? null);
  };
}

const loaders = {
  Unit: { linkages },
  Linkage: {
    estate: party("estate_id"),
    branch: party("branch_id"),
    committee: party("committee_id"),
    firm: party("firm_id"),
  },
};

/** One connection for one request, with the county set in its transaction. */
class Door {
  #opened;
  constructor(tenant) {
    this.tenant = tenant;
  }
  async #open() {
    const client = await pool.connect();
    // One round trip: the id comes out of a proven token.
    await client.query(`begin; select set_config('sanfang.tenant', '${this.tenant}', true)`);
    return client;
  }
  async ask(name, text, values) {
    this.#opened ??= this.#open();
    const client = await this.#opened;
    return (await client.query({ name, text, values })).rows;
  }
  async close() {
    const client = await this.#opened;
    if (!client) return;
    await client.query("commit");
    client.release();
  }
}

const app = fastify({ bodyLimit: 1 << 20 });
await app.register(mercurius, {
  schema,
  resolvers,
  loaders,
  jit: 1,
  graphiql: false,
  context: (request) => ({ door: new Door(tenantOf(request.headers.authorization)) }),
});
app.graphql.addHook("onResolution", async (_, context) => context.door.close());
await app.listen({ port: Number(process.env.BENCH_PORT), host: "127.0.0.1" });
