import { redisKeys } from '../../lib/stores/redis/keys.js';
import { replicate } from '../../lib/stores/replica/replica.js';
import { anyKey, keys, write } from '../stores/support/builders.js';
import { appClient, cleanUpAll, later, openStore, ownRedis, rawClient } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';
import { altered } from './support/altered-store.js';

afterEach(cleanUpAll);

const NAMES = redisKeys('app');

test.each([
  ['and nobody has noted it', async () => undefined],
  ['and others have gone on writing', async (url: string) => {
    const writer = openStore(appClient(url), { namespace: 'app' });
    await writer.ready();
    await writer.record([write(anyKey())]);
  }],
])('A log that is trimmed once more before it is called mended is mended once more, %s', async (_, goOn) => {
  const { url } = await ownRedis();
  const raw = rawClient(url);
  const all = keys(3);
  const store = openStore(appClient(url), { namespace: 'app' });
  let isAgain = false;
  let left: { readonly torn: string | null; readonly isShort: boolean } | undefined;
  const copy = replicate(
    altered(store, {
      settle: async (incarnations, torn) => {
        if (isAgain) return store.settle(incarnations, torn);
        isAgain = true;
        await raw.xtrim(NAMES.log, 'MAXLEN', 1);
        await goOn(url);
        const isSettled = await store.settle(incarnations, torn);
        const [[, signs], [, length]] = (await raw.multi().hmget(NAMES.state, 'torn', 'length').xlen(NAMES.log).exec()) as [[null, string[]], [null, number]];
        left = { torn: signs[0] ?? null, isShort: length < Number(signs[1]) };
        return isSettled;
      },
    }),
  );
  later(() => copy.close());
  await copy.ready();
  for (const key of all) await copy.record([write(key, { epoch: 1000 })]);
  await until(() => copy.figures.entries === all.length);

  await raw.xtrim(NAMES.log, 'MAXLEN', 1);
  await until(() => left !== undefined);

  expect(left!.torn !== null || left!.isShort).toBe(true);
  const newcomer = replicate(openStore(appClient(url), { namespace: 'app' }), { heal: false });
  later(() => newcomer.close());
  await newcomer.ready();
  expect(await newcomer.epochs(all)).toEqual(all.map(() => 1000));
  await until(async () => (await raw.hexists(NAMES.state, 'torn')) === 0 && (await raw.xlen(NAMES.log)) >= all.length);
});
