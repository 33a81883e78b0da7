import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { run, runWell } from './run.js';

/** Made with `import`, instrumented with what `require` gives: an application may be written in one, and its instrumentation in the other. */
const MIXED = `
import { createRequire } from 'node:module';
import { createLiveTokens, memoryStore } from 'livetoken';
const { instrument } = createRequire(process.cwd() + '/any.js')('livetoken/opentelemetry');
const live = createLiveTokens({ store: memoryStore(), maxLifetime: 60 });
const names = [];
const instrumentOf = name => { names.push(name); return { record() {} }; };
const meter = { createHistogram: instrumentOf, createObservableCounter: instrumentOf, createObservableUpDownCounter: instrumentOf, createObservableGauge: instrumentOf };
const collect = {};
instrument(live, { meter: { ...meter, addBatchObservableCallback(callback) { collect.callback = callback; } } });
const values = [];
await live.check({ jti: 'a', iat: Date.now() / 1000 - 1, exp: Date.now() / 1000 + 1 });
collect.callback({ observe: (_, value, attributes) => { if (attributes['livetoken.result'] === 'live') values.push(value); } });
console.log(names.includes('livetoken.checks'), values.reduce((sum, value) => sum + value));
`;

/** The part of the package that needs OpenTelemetry, where that is installed and where it is not. */
export async function tryTelemetry(t: TestContext, where: { readonly version: string; readonly node: string; readonly project: string; readonly hasTelemetry: boolean }): Promise<void> {
  const { version, node, project, hasTelemetry } = where;
  if (hasTelemetry) {
    await t.test(`instruments with require what was made with import, under Node ${version}`, async () => {
      assert.equal((await runWell(node, ['--input-type=module', '--eval', MIXED], { cwd: project })).trim(), 'true 1');
    });
    return;
  }
  await t.test(`misses @opentelemetry/api in livetoken/opentelemetry alone, under Node ${version}`, async () => {
    const { succeeded, output } = await run(node, ['--input-type=module', '--eval', "await import('livetoken'); await import('livetoken/opentelemetry');"], { cwd: project });
    assert.equal(succeeded, false);
    assert.match(output, /Cannot find package '@opentelemetry\/api' imported from \S+opentelemetry\.js/);
  });
}
