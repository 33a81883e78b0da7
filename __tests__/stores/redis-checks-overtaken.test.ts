import { openLink } from '../faults/proxy.js';
import type { RedisServer } from '../support/redis-server.js';
import { anyKey } from './support/builders.js';
import { expectRefusal, openChecked, soundRedis, type CheckedStore } from './support/checked-store.js';
import { appClient, cleanUpAll, eachVersion, later, rawClient, type versions } from './support/redis-stores.js';
import { outcome } from './support/settling.js';
import { until, untilResolved } from './support/until.js';

afterEach(cleanUpAll);

interface Overtaken {
  readonly checked: CheckedStore;
  readonly seen: { readonly connections: number };
}

/**
 * A store at the end of a round of checks in which its reader was answered by `old`, and then connected to `heir`, while its writer was
 * still waiting for the answer.
 */
async function overtaken(old: RedisServer, heir: RedisServer, version: (typeof versions)['ioredis 6']): Promise<Overtaken> {
  const [toReader, toWriter] = [await openLink(old.port), await openLink(old.port)];
  later(() => Promise.all([toReader.close(), toWriter.close()]));
  const ports = [toReader.port, toWriter.port];
  const seen = { connections: 0, isRoundOver: false };
  const client = appClient(old.url, {}, version);
  const duplicate = client.duplicate.bind(client);
  client.duplicate = options => duplicate({ ...options, port: ports.shift()! }).on('ready', () => { seen.connections += 1; });
  const checked = openChecked(client, { checkEveryMs: 3_600_000 });
  await checked.store.ready();

  await toWriter.set('blackhole');
  const raw = rawClient(old.url);
  await raw.config('RESETSTAT');
  const round = outcome(checked.store.ready()).then(() => { seen.isRoundOver = true; });
  await until(async () => (await raw.info('commandstats')).includes('cmdstat_time:'));
  await checked.store.epochs([anyKey()]); // asked on the same connection after the round, so that is answered too
  toReader.leadTo(heir.port);
  await until(() => seen.connections === 3);
  // A round waits for a second at most. Where connecting took longer, there was none any more to be overtaken.
  if (seen.isRoundOver) throw new Error('The round was over too soon.');

  await toWriter.set('pass');
  await round;
  return { checked, seen };
}

test.each(eachVersion)('with %s, a server that was connected to during a round of checks is looked at after it, however rarely that is done otherwise', async (_, version) => {
  const old = await soundRedis();
  const heir = await soundRedis('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');

  const { checked, seen } = await untilResolved(() => overtaken(old, heir, version));
  expect(checked.codes()).toEqual([]);

  await checked.untilStanding('eviction_policy');
  await expectRefusal(checked);
  expect(seen.connections).toBe(3); // a further one would have been a reason to look by itself
});
