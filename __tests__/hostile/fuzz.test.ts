import { EVERY_EXPRESS } from '../support/every-express.js';
import { fuzz, statusesOf } from './support/run.js';
import { FUZZED_STORES, type FuzzedStore } from './support/stores.js';
import { openWorld, type World } from './support/world.js';

/** The same each time, so that what is reached is certain; `npm run fuzz` goes where this does not. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);

/** That requests get beyond the door: what each endpoint is seen to answer, among other things. */
const REACHED: Readonly<Record<string, readonly string[]>> = {
  revoke: ['200', '400', '401', '405', '413'],
  introspect: ['200', '400', '401', '403', '405', '413'],
  behind: ['200', '400', '401', '405', '413', '415'],
  limited: ['400', '401', '429'],
  O1: ['200', '400', '401', '403', '415'],
  O2: ['200', '401', '403', '404', '422'],
  member: ['200', '401', '403', '405', '415'],
  T1: ['200', '401', '403', '405', '415'],
  T2: ['200', '401', '403', '404', '405', '422'],
  list: ['200', '401', '403', '422'],
  ownList: ['200', '401', '403', '422'],
  session: ['204', '400', '401', '404'],
  sessions: ['204', '400', '401', '404', '405'],
  client: ['204', '400', '401', '403', '404', '405'],
  guard: ['200', '400', '401'],
  strict: ['200', '400', '401'],
  scoped: ['400', '401', '403'],
  form: ['200', '400', '401'],
};

let fuzzed: FuzzedStore;
let world: World;
afterEach(async () => {
  await world.close();
  await fuzzed.close();
});

describe.each([
  { store: 'memory', ...EVERY_EXPRESS[0] },
  { store: 'redis', ...EVERY_EXPRESS[1] },
] as const)('Hostile requests, on the $store store and $name', ({ store, express }) => {
  beforeEach(async () => {
    fuzzed = await FUZZED_STORES[store]();
    world = await openWorld(fuzzed.store, express);
  });

  it(`A18 B24 F72 F74 from whoever has nothing good write nothing, learn nothing, and break nothing (FUZZ_SEED=${SEED})`, async () => {
    const fingerprint = (): Promise<string> => fuzzed.fingerprint(world.live);

    const { faults, histogram, written } = await fuzz(world, { requests: 500, seed: SEED, sound: false, fingerprint });

    expect(faults).toEqual([]);
    expect(written).toBe(0);
    expect(Object.keys(histogram).sort()).toEqual(Object.keys(REACHED).sort());
  });

  it(`A18 B24 B28 F74 H93 I102 from customers reach what is theirs, and nothing of anybody else's (FUZZ_SEED=${SEED})`, async () => {
    const { faults, histogram, written } = await fuzz(world, { requests: 2500, seed: SEED, sound: true });

    expect(faults).toEqual([]);
    expect(written).toBeGreaterThan(20);
    for (const [endpoint, statuses] of Object.entries(REACHED)) {
      expect({ endpoint, statuses: statusesOf(histogram, endpoint) }).toEqual({ endpoint, statuses: expect.arrayContaining([...statuses]) });
    }
    expect(statusesOf(histogram)).toEqual(expect.arrayContaining(['200', '204', '400', '401', '403', '404', '405', '413', '415', '422', '431']));
  });
});
