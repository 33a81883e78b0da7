import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import path from 'node:path';
import { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { memoryStore, type LiveTokens } from 'livetoken';
import { cleanUpAll } from '../stores/support/redis-stores.js';
import { EVERY_WORLD, instance, issuer, reasonOf, REVOKED, type World } from './support/worlds.js';

afterEach(cleanUpAll);

/** What the token holds open. */
class Stream extends Duplex {
  override _read(): void {
    // Nothing to read.
  }
}

const closed = (stream: Stream): Promise<unknown> => new Promise(resolve => stream.destroy().once('close', resolve));

describe.each(EVERY_WORLD)('a watch $name', ({ open }) => {
  let world: World;
  beforeEach(async () => { world = await open(); });

  /** Revocations are told in their order: when this one has been heard of, all before it have. */
  async function everythingIsTold(): Promise<void> {
    const last = world.live.watch(issuer.claims({ sid: 'last', grant_id: 'last' }));
    await world.revoker.revoke({ kind: 'session', id: 'last' });
    await reasonOf(last);
  }

  it('ends with what it was for: a revocation afterwards does not abort it, nor does closing', async () => {
    const stream = new Stream();
    const ended = world.live.watch(issuer.claims(), { until: stream });
    const going = world.live.watch(issuer.claims(), { until: new Stream() });
    await closed(stream);
    await world.revoker.revoke({ kind: 'session', id: 'session-1' });
    expect(await reasonOf(going)).toMatchObject(REVOKED);
    await everythingIsTold();
    await world.live.close();
    expect(ended.aborted).toBe(false);
  });

  it('ends also while the store is being asked', async () => {
    await world.revoker.revoke({ kind: 'session', id: 'session-1' });
    const stream = new EventEmitter();
    const ended = world.live.watch(issuer.claims(), { until: stream });
    const wasAborted = ended.aborted;
    setImmediate(() => stream.emit('close'));
    await everythingIsTold();
    // Where this process knew it, the watch has not even begun.
    expect(ended.aborted).toBe(wasAborted);
  });
});

describe('what a watch is for', () => {
  let live: LiveTokens;
  beforeEach(() => { live = instance(memoryStore()); });

  it.each([
    ['stream', async () => { const stream = new Stream(); await closed(stream); return stream; }],
    ['WebSocket', async () => Object.assign(new EventEmitter(), { readyState: 3 })],
  ])('may have closed already: a %s, which would not say so again', async (_what, make) => {
    const until = await make();
    const signal = live.watch(issuer.claims(), { until });
    expect(until.listenerCount('close')).toBe(0);
    await live.revoke({ kind: 'all' });
    expect(signal.aborted).toBe(false);
    expect(live.watch(issuer.claims(), { until }).reason).toMatchObject(REVOKED);
  });

  it('is left without a listener, however many tokens it has seen', async () => {
    const socket = new EventEmitter();
    for (let i = 0; i < 100; i += 1) {
      live.watch(issuer.claims({ sid: `session-${i}` }), { until: socket });
      expect(socket.listenerCount('close')).toBe(1);
      await live.revoke({ kind: 'session', id: `session-${i}` });
      expect(socket.listenerCount('close')).toBe(0);
    }
  });
});

describe('a process with open watches', () => {
  it('can end, and is warned of nothing', async () => {
    const script = path.join(__dirname, 'support/open-watches.ts');
    const tsx = pathToFileURL(require.resolve('tsx')).href;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', tsx, script], { cwd: path.join(__dirname, '../..'), timeout: 20_000 });
    expect({ stdout, stderr }).toEqual({ stdout: 'begun: [false,false,false]\nended: [false,false,false]\n', stderr: '' });
  });
});
