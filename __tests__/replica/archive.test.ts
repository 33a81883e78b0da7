import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Archive, type KnownRevocation } from '../../lib/stores/replica/archive.js';
import { targetKey, type TargetKey } from '../../lib/model/target-key.js';
import type { Target } from '../../lib/model/target.js';

const NOW_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const PER_CHUNK = 4096;

const BYTES = 23;
const BYTES_WITH_EPOCH = 31;

const EVERY_KIND: readonly Target[] = [
  { kind: 'token', id: 'x' },
  { kind: 'grant', id: 'x' },
  { kind: 'session', id: 'x' },
  { kind: 'subject', id: 'x' },
  { kind: 'member', id: 'x', organisation: 'o' },
  { kind: 'client', id: 'x' },
  { kind: 'organisation', id: 'x' },
  { kind: 'all' },
];

/** Keys of every kind, with hashes that begin and end with anything. */
const key = fc
  .tuple(fc.constantFrom(...EVERY_KIND), fc.uint8Array({ minLength: 18, maxLength: 18 }))
  .map(([{ kind }, bytes]) => `${kind}:${Buffer.from(bytes).toString('base64url').slice(0, 22)}` as TargetKey);

const epochMs = fc.oneof(fc.constant(Infinity), fc.constantFrom(0, 1, NOW_MS), fc.integer({ min: 0, max: 8.64e15 }));

function anyToken(): TargetKey {
  return `token:${randomBytes(18).toString('base64url').slice(0, 22)}` as TargetKey;
}

function contents(archive: Archive, nowMs: number): KnownRevocation[] {
  return [...archive.chunks(nowMs)].flat();
}

/** In an order of their own, for the archive has none. */
function texts(revocations: readonly KnownRevocation[]): string[] {
  return revocations.map(each => `${each.key} ${each.epochMs} ${each.keepUntilMs}`).sort();
}

function filled(count: number, keepUntilMs: (i: number) => number, epochMs = Infinity): Archive {
  const archive = new Archive();
  for (let i = 0; i < count; i++) archive.add(anyToken(), epochMs, keepUntilMs(i));
  return archive;
}

describe('An archive of revocations', () => {
  it('is empty and takes no memory until it is given something', () => {
    const archive = new Archive();
    archive.sweep(NOW_MS);
    expect(contents(archive, NOW_MS)).toStrictEqual([]);
    expect(archive.bytes).toBe(0);
  });

  it.each(EVERY_KIND)('gives back the key of a target: $kind', target => {
    const archive = new Archive();
    archive.add(targetKey(target), Infinity, NOW_MS + HOUR_MS);
    expect(contents(archive, NOW_MS)).toEqual([{ key: targetKey(target), epochMs: Infinity, keepUntilMs: NOW_MS + HOUR_MS }]);
  });

  it('gives everything that has not expired back, once for each time that it was added, whatever was swept meanwhile', () => {
    const step = fc.record({
      key,
      epochMs,
      keepForS: fc.integer({ min: -3, max: 8 }),
      times: fc.constantFrom(1, 1, 1, 2, 900),
      advanceS: fc.constantFrom(0, 0, 0, 1, 3),
      sweeps: fc.nat({ max: 3 }),
    });
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const archive = new Archive();
      const added: KnownRevocation[] = [];
      let nowMs = NOW_MS;
      for (const { key, epochMs, keepForS, times, advanceS, sweeps } of steps) {
        nowMs += advanceS * 1000;
        const revocation = { key, epochMs, keepUntilMs: nowMs + keepForS * 1000 };
        for (let i = 0; i < times; i++) {
          archive.add(revocation.key, revocation.epochMs, revocation.keepUntilMs);
          added.push(revocation);
        }
        for (let i = 0; i < sweeps; i++) archive.sweep(nowMs);
      }
      expect(texts(contents(archive, nowMs))).toEqual(texts(added.filter(({ keepUntilMs }) => keepUntilMs > nowMs)));
    }), { numRuns: 60 });
  });

  it('never says that something is to be kept for less than was said, nor for a second more', () => {
    fc.assert(fc.property(fc.integer({ min: NOW_MS + 1, max: NOW_MS + 1e12 }), keepUntilMs => {
      const archive = new Archive();
      archive.add(anyToken(), Infinity, keepUntilMs);
      const [found] = contents(archive, keepUntilMs - 1);
      expect(found!.keepUntilMs).toBeGreaterThanOrEqual(keepUntilMs);
      expect(found!.keepUntilMs).toBeLessThan(keepUntilMs + 1000);
      expect(contents(archive, found!.keepUntilMs)).toStrictEqual([]);
    }));
  });

  it('keeps what is to be kept beyond the year 2106, and does not take it for something of the years before', () => {
    const archive = new Archive();
    for (const keepUntilMs of [2 ** 32 * 1000, 2 ** 32 * 1000 + HOUR_MS, 9e14]) archive.add(anyToken(), 5, keepUntilMs);

    const found = contents(archive, Date.UTC(2105, 11, 31));

    expect(found).toHaveLength(3);
    for (const { keepUntilMs } of found) expect(keepUntilMs).toBeGreaterThan(Date.UTC(2106, 0, 1));
  });

  it('gives epochs back where what came before and after them is dead for good', () => {
    const archive = new Archive();
    const keys = Array.from({ length: 5 }, anyToken);
    const epochs = [Infinity, 7, Infinity, 0, NOW_MS];
    for (const [i, each] of keys.entries()) archive.add(each, epochs[i]!, NOW_MS + HOUR_MS);

    const found = new Map(contents(archive, NOW_MS).map(({ key, epochMs }) => [key, epochMs]));

    expect(keys.map(each => found.get(each))).toEqual(epochs);
  });

  it('takes 23 bytes for each that is dead for good, and 31 where there are epochs, a chunk at a time', () => {
    const dead = filled(2 * PER_CHUNK, () => NOW_MS + HOUR_MS);
    expect(dead.bytes).toBe(2 * PER_CHUNK * BYTES);
    dead.add(anyToken(), 1, NOW_MS + HOUR_MS);
    expect(dead.bytes).toBe(2 * PER_CHUNK * BYTES + PER_CHUNK * BYTES_WITH_EPOCH);
  });

  it('is read a chunk at a time, each from anywhere, and never less than all of it', () => {
    const archive = filled(3 * PER_CHUNK + 10, () => NOW_MS + HOUR_MS);

    const starts = new Set<TargetKey>();
    for (let time = 0; time < 8; time++) {
      const chunks = [...archive.chunks(NOW_MS)];
      expect(chunks.map(({ length }) => length).sort((a, b) => a - b)).toEqual([10, PER_CHUNK, PER_CHUNK, PER_CHUNK]);
      expect(new Set(chunks.flat().map(({ key }) => key)).size).toBe(3 * PER_CHUNK + 10);
      starts.add(chunks[0]![0]!.key);
    }

    // Were they all to begin at the same one, all processes would write back the same at the same time.
    expect(starts.size).toBeGreaterThan(1);
  });

  it('loses nothing that is alive while it is read and swept at the same time', () => {
    const archive = filled(4 * PER_CHUNK, i => NOW_MS + (i % 3 === 0 ? HOUR_MS : 1000));
    const alive = contents(archive, NOW_MS + 2000).map(({ key }) => key);

    const read = new Set<TargetKey>();
    for (const chunk of archive.chunks(NOW_MS + 2000)) {
      for (const { key } of chunk) read.add(key);
      for (let i = 0; i < 3; i++) archive.sweep(NOW_MS + 2000);
    }

    expect(alive.every(each => read.has(each))).toBe(true);
    expect(read.size).toBe(alive.length);
  });
});

describe('An archive that is swept', () => {
  it('lets a chunk go once all of it has expired', () => {
    const archive = filled(3 * PER_CHUNK, () => NOW_MS + 1000);
    for (let i = 0; i < 3; i++) archive.sweep(NOW_MS + 1000);
    expect(archive.bytes).toBe(0);
  });

  it('keeps a chunk of which more than half is alive, and writes the others anew, the living of several in one', () => {
    const archive = filled(4 * PER_CHUNK, i => NOW_MS + (i < PER_CHUNK || i % 4 === 0 ? HOUR_MS : 1000));
    const before = texts(contents(archive, NOW_MS + 2000));
    expect(before).toHaveLength(PER_CHUNK + (3 * PER_CHUNK) / 4);

    for (let i = 0; i < 20; i++) archive.sweep(NOW_MS + 2000);

    expect(texts(contents(archive, NOW_MS + 2000))).toEqual(before);
    expect(archive.bytes).toBe(2 * PER_CHUNK * BYTES);
  });

  it('leaves a chunk as it is before any of it has expired', () => {
    const archive = filled(PER_CHUNK + 1, () => NOW_MS + HOUR_MS);
    const { bytes } = archive;
    for (let i = 0; i < 10; i++) archive.sweep(NOW_MS);
    expect(archive.bytes).toBe(bytes);
    expect(contents(archive, NOW_MS)).toHaveLength(PER_CHUNK + 1);
  });

  it('does not grow, however long it is in use, where few are kept for long', () => {
    const archive = new Archive();
    const key = anyToken();
    for (let nowMs = NOW_MS; nowMs < NOW_MS + 600_000; nowMs += 1000) {
      for (let i = 0; i < 400; i++) archive.add(key, Infinity, nowMs + (i % 10 === 0 ? 100_000 : 5000));
      archive.sweep(nowMs);
      expect(archive.bytes).toBeLessThanOrEqual(8 * PER_CHUNK * BYTES);
    }
    // A tenth of them is alive for a hundred seconds, the rest for five.
    expect(contents(archive, NOW_MS + 600_000)).toHaveLength(40 * 99 + 360 * 4);
  });

  it('is gone through in some 256 sweeps though there are more chunks, so that no rate of revocations makes it grow for ever', () => {
    const archive = new Archive();
    const key = anyToken();
    for (let i = 0; i < 300 * PER_CHUNK; i++) archive.add(key, Infinity, NOW_MS + 1000);
    for (let i = 0; i < 280; i++) archive.sweep(NOW_MS + 1000);
    expect(archive.bytes).toBe(0);
  });

  it('forgets everything when it is told to', () => {
    const archive = filled(PER_CHUNK + 1, () => NOW_MS + HOUR_MS);
    archive.clear();
    archive.sweep(NOW_MS);
    expect(contents(archive, NOW_MS)).toStrictEqual([]);
    expect(archive.bytes).toBe(0);
  });
});
