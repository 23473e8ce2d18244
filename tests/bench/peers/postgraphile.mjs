// PostGraphile as its manual says it: the Amber preset, lists in place of connections, row security
// by pgSettings. Coverage, which it can't make up from tables, is a field of its own over plain SQL.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { withPgClient } from "postgraphile/@dataplan/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { extendSchema } from "postgraphile/utils";
import { tenantOf } from "./tokens.mjs";

const coverage = readFileSync(new URL("./coverage.sql", import.meta.url), "utf8");

const Coverage = extendSchema((build) => {
  const { executor } = build.input.pgRegistry.pgResources.unit;
  return {
    typeDefs: /* GraphQL */ `
      type Coverage {
        estates: Int!
        estatesLinked: Int!
        firms: Int!
        firmsWithPartyOrganisation: Int!
        firmsWithInstructor: Int!
        crossAppointed: Int!
      }
      extend type Query {
        coverage: Coverage
      }
    `,
    objects: {
      Query: {
        plans: {
          coverage: () =>
            withPgClient(executor, null, async (client) => {
              const { rows } = await client.query({ text: coverage, name: "coverage" });
              return rows[0];
            }),
        },
      },
    },
  };
});

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [Coverage],
  // It would hide order and condition of columns that lead no index of their own: ours lead with
  // the tenant.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({ schemas: ["public"], poolConfig: { max: Number(process.env.BENCH_POOL) } }),
  ],
  schema: { defaultBehavior: "-connection +list", retryOnInitFail: false },
  gather: { installWatchFixtures: false },
  grafast: {
    explain: false,
    context: (request) => ({
      pgSettings: { "sanfang.tenant": tenantOf(request.node?.req.headers.authorization) },
    }),
  },
  grafserv: { watch: false, graphiql: false, graphqlPath: "/graphql", websockets: false },
};

const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(Number(process.env.BENCH_PORT), "127.0.0.1");
