import { pino } from 'pino';
import { redisStore, type LiveTokenEvents, type LiveTokens } from 'livetoken';
import { issuedAt } from '../redeem/support/login.js';
import { appClient, cleanUpAll, later, ownRedis, rawClient } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';
import { CANARY, captureOutput } from '../support/captured-output.js';
import { ask, guardedApi, liveTokens } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';
import type { RedisServer } from '../support/redis-server.js';

afterEach(cleanUpAll);

const issuer = createIssuer();

/** A record, so that the compiler misses an event that is new. */
const EVENTS: Readonly<Record<keyof LiveTokenEvents, true>> = {
  ...{ revoked: true, replayed: true, refused: true, unavailable: true, replica: true, healed: true, storeWarning: true, allowedUnchecked: true },
};
const NAMES = Object.keys(EVENTS) as (keyof LiveTokenEvents)[];

interface Logged {
  readonly event: keyof LiveTokenEvents;
  /** As it was told. */
  readonly details: Readonly<Record<string, unknown>>;
  /** What pino made of it. */
  readonly line: string;
}

/** Every event of `live`, with the line that the real pino writes of it. */
function logged(live: LiveTokens): readonly Logged[] {
  const all: Logged[] = [];
  let line = '';
  const log = pino({ level: 'trace', base: null, timestamp: false }, { write(text) { line = text; } });
  for (const event of NAMES) {
    live.on(event, details => {
      log.info(details);
      all.push({ event, details: { ...details }, line });
    });
  }
  return all;
}

/** Occasions for every event. What is secret in them holds the canary; subjects and actors are not, they are there to be read. */
async function causeEvery(live: LiveTokens, server: RedisServer, seen: (event: keyof LiveTokenEvents) => boolean): Promise<void> {
  const secret = { sid: `${CANARY}-sid`, grant_id: `${CANARY}-grant`, jti: `${CANARY}-jti` };
  await live.ready();
  await ask(guardedApi(live), createIssuer().token(secret));
  await live.revoke({ kind: 'session', id: secret.sid }, { actor: 'admin', reason: 'stolen', requestId: 'request-1' });
  await live.revoke({ kind: 'member', id: 'alice', organisation: 'org-a' });
  await live.revoke(issuer.token({ ...secret, sid: 'other' }));
  await ask(guardedApi(live), issuer.token(secret));
  const refresh = issuedAt(Date.now() + 1, { ...REFRESH, ...secret, sub: 'bob', sid: undefined, jti: `${CANARY}-refresh` });
  await live.redeem(refresh);
  await expect(live.redeem(refresh)).rejects.toMatchObject({ reason: 'replayed' });
  await until(() => live.health().replica?.lagMs !== undefined);
  const raw = rawClient(server.url);
  await raw.flushall();
  raw.disconnect();
  await until(() => seen('healed'));
  await server.kill();
  const open = guardedApi(live, { consistency: 'strong', onUnavailable: 'allow' });
  await ask(open, issuer.token({ ...secret, sub: 'carol', sid: undefined, grant_id: undefined, jti: 'other' }));
  await expect(live.revoke({ kind: 'session', id: secret.sid })).rejects.toMatchObject({ status: 503 });
}

describe('Events and pino', () => {
  let all: readonly Logged[];

  beforeEach(async () => {
    const server = await ownRedis();
    const live = liveTokens(redisStore(appClient(server.url), { namespace: 'app' }), issuer, { tracking: true });
    later(() => live.close());
    all = logged(live);
    await causeEvery(live, server, event => all.some(each => each.event === event));
  });

  it('every event becomes one line that says the same, but for the epoch of what is dead for good, which is null', () => {
    expect([...new Set(all.map(({ event }) => event))].sort()).toEqual([...NAMES].sort());
    for (const { event, details, line } of all) {
      const { level: _, ...read } = JSON.parse(line) as Record<string, unknown>;
      const isForGood = event === 'revoked' && details['epoch'] === Infinity;
      expect({ event, ...read }).toEqual({ event, ...details, ...(isForGood && { epoch: null }) });
      expect(line.endsWith('}\n')).toBe(true);
      expect(line.trimEnd()).not.toContain('\n');
      expect(Object.values(details)).not.toContain(undefined);
      // Flat: what a log can search without being told how.
      expect(Object.values(details).every(value => ['string', 'number', 'boolean'].includes(typeof value))).toBe(true);
    }
    expect(all.filter(({ event, details }) => event === 'revoked' && details['epoch'] === Infinity).length).toBeGreaterThan(0);
    expect(all.filter(({ event, details }) => event === 'revoked' && Number.isFinite(details['epoch'])).length).toBeGreaterThan(0);
  });

  it('no line holds a token, or the id of a token, grant or session', () => {
    const output = captureOutput();
    later(() => { output.end(); });
    for (const { line } of all) output.note('line', line);

    expect(output.size).toBeGreaterThanOrEqual(NAMES.length);
    expect(output.leaks()).toEqual([]);
    output.note('control', CANARY);
    expect(output.leaks()).not.toEqual([]);
  });
});
