// Every audit of the suite that graphql-http keeps for GraphQL over HTTP, at both addresses.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { endpoint } from './service.mjs';

for (const url of [endpoint, `${endpoint}/yihuang`]) {
  describe(new URL(url).pathname, () => {
    const audits = serverAudits({ url });
    assert.equal(audits.length, 61);
    for (const { id, name, fn } of audits) {
      test(`${id} ${name}`, async () => {
        const { status, reason } = await fn();
        assert.equal(status, 'ok', reason);
      });
    }
  });
}
