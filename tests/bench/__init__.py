"""The bench (赛台): what a request costs here, beside others who serve GraphQL from PostgreSQL.

`make bench` prints one table, and writes `.sanfang/bench.json` and a picture `.sanfang/bench.png`;
`make bench QUICK=1` is one short round to try it. Node's peers need `npm`; without it, their rows
say so and the rest runs.

The stage. A PostgreSQL of the bench's own, embedded and durable, migrated by the service's own
revisions, filled by `infra.demo.crowd`: one county of 12,000 units, and 1,000 smaller ones. It is
made at the first run and made again when the tables or the crowd change. A second one holds ten of
the smaller counties and no more.

The peers, all at once but asked one at a time, each a process of its own on a loopback port:
the service by its own command; pgbench with the very statement that it compiled, prepared; a
Starlette route that answers ready bytes; PostGraphile; Mercurius with jit; Strawberry with data
loaders; strawchemy. All read the same database by its socket, as the same role under row-level
security, by 16 connections at most. All prove the same Ed25519 token once and keep it by its hash,
and set the county for each request. None compiles statements to machine code or uses parallel
workers; how PostgreSQL plans is left as it is by default, but for the service and for pgbench,
which have the settings of the service's own sessions. The service alone also compares the reader's
standing and checks scopes: that is part of its cost.

The questions, five shapes: one row by its id, a page of 20, a page of 20 with three levels and five
relations, 10,000 objects, the county's coverage. Each is written in each peer's own words; the
answers of all are compared as canonical JSON before anything is timed, and a difference ends the
bench. The three-level page is also asked by 50 documents of one shape, and by the people of 10 and
of 1,000 counties in turn.

The load is a process of its own: 16 connections kept alive, each asks again as soon as it is
answered; the status and the length of every answer are checked. A round runs every peer at every
task; the first round warms and doesn't count. Of the others (five), the table shows medians and
the spread.

The figure that counts is the processor time of a request: user and system time of the server's
processes and of PostgreSQL's, with the children that they have waited for, from /proc, divided by
the requests of the run. The load is left out. Unlike throughput and latency, it means the same on
a machine that is busy with other things, though not on one that is starved of memory or caches.
pgbench is read in a window in the middle of its run, so that connecting costs it nothing; its own
process counts as the server.

In the process itself, `inside` times the way from a body's bytes to the statement with its
arguments, for documents never seen and for one that is kept. `writes` counts the round trips of a
mutation on the wire and compares its cost with the same rows inserted by hand. `choices` sets what
the service does beside what it might do instead. `targets` says what is to be reached.
"""
