import { Redis } from 'ioredis';
import { pino } from 'pino';
import { freePort } from '../support/free-port.js';
import { documentedIssuer, programFolder, startProgram, type ProgramFolder, type RunningProgram } from '../support/documented-programs.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { until } from '../stores/support/until.js';
import { compilerOf } from './support/compiler.js';
import { EXPRESSIONS, firstCells, PROGRAMS, programUnder, sectionOf } from './support/observability-page.js';
import { namedIn, samplesOf, type Sample } from './support/promql.js';
import { faultOf } from './support/promql-grammar.js';

const issuer = documentedIssuer();

/** A Redis of the describe around it, and the program under this heading. */
function world(title: string): { redis: () => RedisServer; start(env?: Readonly<Record<string, string>>): Promise<RunningProgram> } {
  let redis: RedisServer;
  let folder: ProgramFolder;
  const programs: RunningProgram[] = [];
  beforeAll(async () => {
    [redis, folder] = await Promise.all([startRedis(), programFolder()]);
  });
  afterAll(async () => {
    await Promise.all(programs.map(program => program.stop()));
    await redis.stop();
    await folder.remove();
  });
  return {
    redis: () => redis,
    async start(env = {}) {
      const program = await startProgram(await folder.write('main', programUnder(title)), { ...issuer.env, REDIS_URL: redis.url, ...env });
      programs.push(program);
      return program;
    },
  };
}

async function get(program: RunningProgram, path: string, token?: string): Promise<number> {
  const answer = await fetch(`${program.base}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  await answer.text();
  return answer.status;
}

async function revoke(program: RunningProgram, token: string): Promise<number> {
  const answer = await fetch(`${program.base}/auth/revoke`, { method: 'POST', body: new URLSearchParams({ client_id: 'web', token }) });
  await answer.text();
  return answer.status;
}

describe('The programs about observability', () => {
  let folder: ProgramFolder;
  beforeAll(async () => {
    folder = await programFolder();
  });
  afterAll(() => folder.remove());

  it('are those that are run here', () => {
    expect([...PROGRAMS.keys()]).toEqual(['Metrics and spans', 'Readiness', 'Events in your log']);
  });

  it.each([...PROGRAMS])('pass the strictest type check: %s', async (title, code) => {
    expect(compilerOf(folder.directory).faultsOf(await folder.write(title.replaceAll(' ', '-'), code))).toEqual([]);
  });
});

describe('Observability: Metrics and spans', () => {
  const { redis, start } = world('Metrics and spans');
  let samples: readonly Sample[];
  let program: RunningProgram;
  let metricsPort: number;

  async function scrape(port = metricsPort): Promise<readonly Sample[]> {
    return samplesOf(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  }

  /** Of a counter, all that have these labels. */
  function sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = samples.filter(sample => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
    return wanted.reduce((total, { value }) => total + value, 0);
  }

  beforeAll(async () => {
    metricsPort = await freePort();
    program = await start({ METRICS_PORT: String(metricsPort) });
    const [token, revoked, foreign] = [issuer.token(), issuer.token(), documentedIssuer().token()];
    for (let i = 0; i < 20; i++) expect(await get(program, '/api/me', token)).toBe(200);
    for (let i = 0; i < 3; i++) expect(await get(program, '/api/account', token)).toBe(200);
    expect(await get(program, '/api/me', foreign)).toBe(401);
    expect(await get(program, '/api/me')).toBe(401);
    expect(await revoke(program, revoked)).toBe(200);
    expect(await get(program, '/api/me', revoked)).toBe(401);
    await until(async () => (await scrape()).some(({ name }) => name === 'livetoken_replica_lag'));
    samples = await scrape();
  });

  it('count what the application did', () => {
    const answered = (path: string, result: string): number => sum('livetoken_checks_total', { livetoken_path: path, livetoken_result: result });
    // Who answered the 20 depends on how busy the machine is; that they were answered does not.
    expect(['remembered', 'replica', 'direct'].map(path => answered(path, 'live')).reduce((all, each) => all + each)).toBe(23);
    expect(answered('direct', 'live')).toBeGreaterThanOrEqual(3);
    expect(['remembered', 'replica', 'direct'].map(path => answered(path, 'revoked')).reduce((all, each) => all + each)).toBe(1);
    expect(sum('livetoken_checks_total', { livetoken_reason: 'bad_signature' })).toBe(1);
    expect(sum('livetoken_checks_total')).toBe(25);
    expect(sum('livetoken_revocations_total')).toBe(1);
    expect(sum('livetoken_revocations_total', { livetoken_target_kind: 'token' })).toBe(1);
    expect(sum('livetoken_replica_entries')).toBe(1);
    expect(sum('livetoken_store_warnings', { livetoken_warning: 'no_persistence' })).toBe(1);
    expect([sum('livetoken_allowed_unchecked_total'), sum('livetoken_store_errors_total'), sum('livetoken_replays_total')]).toEqual([0, 0, 0]);
  });

  it('time the checks that were waited for, in seconds', () => {
    const count = sum('livetoken_check_duration_count', { livetoken_path: 'direct' });
    expect(count).toBe(sum('livetoken_checks_total', { livetoken_path: 'direct' }));
    // In milliseconds it would be more than this many seconds.
    expect(sum('livetoken_check_duration_sum') / sum('livetoken_check_duration_count')).toBeLessThan(5);
    expect(samples.some(({ name, labels }) => name === 'livetoken_check_duration_count' && labels['livetoken_path'] === 'remembered')).toBe(false);
  });

  it('are all on the page, and nothing else is', () => {
    const documented = firstCells(sectionOf('The metrics')).map(name => name.replaceAll('.', '_'));
    const scraped = samples.map(({ name }) => name.replace(/_(bucket|count|sum|total)$/, '')).filter(name => name.startsWith('livetoken_'));
    expect([...new Set(scraped)].sort()).toEqual([...documented].sort());
  });

  it('have few series, and no text of a token in any', () => {
    const own = samples.filter(({ name }) => name.startsWith('livetoken_') && !name.startsWith('livetoken_check_duration'));
    expect(own.length).toBeLessThan(150);
    const texts = own.flatMap(({ labels }) => Object.values(labels));
    for (const secret of ['bob', 'web', 'https://id.example', 'https://api.example']) expect(texts).not.toContain(secret);
  });

  describe.each([
    ['the dashboard', EXPRESSIONS],
    ['the alarms on the page', firstCells(sectionOf('What to be woken up for'))],
  ])('%s', (_, expressions) => {
    it('names metrics that the application has, all of them', () => {
      expect(expressions.length).toBeGreaterThan(7);
      const names = new Set(samples.map(({ name }) => name));
      const missing = expressions.filter(expression => {
        const { metrics } = namedIn(expression);
        return metrics.length === 0 || metrics.some(metric => ![...names].some(name => metric.test(name)));
      });
      expect(missing).toEqual([]);
    });

    it('is PromQL', () => {
      expect(expressions.map(faultOf).filter(fault => fault !== undefined)).toEqual([]);
    });

    it('names labels that these metrics have, and values that occur', () => {
      const given = new Set(['job', 'instance', 'le', 'livetoken_namespace']);
      const wrong = expressions.flatMap(expression => {
        const { metrics, labels, values } = namedIn(expression);
        const meant = samples.filter(({ name }) => metrics.some(metric => metric.test(name)));
        const unknown = labels.filter(label => !given.has(label) && !meant.some(sample => label in sample.labels));
        const never = values.filter(([label, value]) => !meant.some(sample => sample.labels[label] === value) && !SELDOM.has(value));
        return [...unknown, ...never.map(pair => pair.join('='))];
      });
      expect(wrong).toEqual([]);
    });
  });

  it('of both ways to Prometheus are found: with the unit in the name and without', () => {
    const patterns = EXPRESSIONS.flatMap(expression => namedIn(expression).metrics);
    for (const name of ['livetoken_check_duration_seconds_bucket', 'livetoken_check_duration_bucket', 'livetoken_replica_age_seconds', 'livetoken_replica_memory_bytes']) {
      expect(patterns.some(pattern => pattern.test(name))).toBe(true);
    }
  });

  it('wake nobody for a policy that evicts nothing, since maxmemory is 0', async () => {
    const raw = new Redis(redis().url);
    await raw.config('SET', 'maxmemory-policy', 'allkeys-lru');
    // Where nothing is refused the server is looked at once a minute, and when a process starts.
    const port = await freePort();
    const another = await start({ METRICS_PORT: String(port) });
    let standing: readonly (string | undefined)[] = [];
    await until(async () => {
      standing = (await scrape(port)).filter(({ name, value }) => name === 'livetoken_store_warnings' && value === 1).map(({ labels }) => labels['livetoken_warning']);
      return standing.includes('eviction_policy');
    });
    const waking = [...sectionOf('What to be woken up for').matchAll(/^\| `([^`]+)` \| yes \|/gm)].map(([, cell = '']) => cell.replaceAll('\\|', '|'));
    const woken = waking.flatMap(expression => namedIn(expression).values).filter(([label]) => label === 'livetoken_warning').map(([, code]) => code);
    expect(woken).toContain('evicted_keys');
    expect(woken.filter(code => standing.includes(code))).toEqual([]);
    expect(await get(another, '/api/account', issuer.token())).toBe(200);
    raw.disconnect();
  });

  it('tell that the store could not tell, once it cannot', async () => {
    await redis().kill();
    await until(async () => (await get(program, '/api/account', issuer.token())) === 503);

    samples = await scrape();

    expect(sum('livetoken_checks_total', { livetoken_path: 'direct', livetoken_result: 'unavailable' })).toBeGreaterThanOrEqual(1);
    expect(sum('livetoken_store_errors_total', { livetoken_operation: 'check' })).toBeGreaterThanOrEqual(1);
  });
});

/** A reason that stands in an alarm and that this application gave no occasion for. */
const SELDOM: ReadonlySet<string> = new Set(['unknown_key']);

describe('Observability: Readiness', () => {
  const { redis, start } = world('Readiness');

  it('is 200 while checks are answered, 503 while nobody can tell, and 200 again, though nobody asks for anything else', async () => {
    const program = await start();
    await until(async () => (await get(program, '/readyz')) === 200);
    const told = async () => (await fetch(`${program.base}/readyz`)).json() as Promise<{ readonly copy: string; readonly warnings: readonly string[] }>;
    // Checks are answered before the copy is there, and before Redis has been looked at.
    await until(async () => (await told()).warnings.length > 0 && (await told()).copy !== 'starting');
    expect(await told()).toEqual({ state: 'live', copy: 'live', warnings: ['no_persistence'] });
    expect(await get(program, '/api/me', issuer.token())).toBe(200);

    await redis().kill();
    await until(async () => (await get(program, '/readyz')) === 503);
    expect(await get(program, '/livez')).toBe(200);
    expect(await get(program, '/api/me', issuer.token())).toBe(503);

    await redis().restart();
    await until(async () => (await get(program, '/readyz')) === 200);
    await until(async () => (await get(program, '/api/me', issuer.token())) === 200);
  });
});

describe('Observability: Events in your log', () => {
  const { redis, start } = world('Events in your log');

  it('are lines of JSON, each with its level, its event and what it tells', async () => {
    const program = await start({ LOG_LEVEL: 'debug' });
    const [token, foreign] = [issuer.token(), documentedIssuer().token()];
    expect(await get(program, '/api/me', token)).toBe(200);
    expect(await get(program, '/api/me', foreign)).toBe(401);
    expect(await revoke(program, token)).toBe(200);
    await redis().kill();
    await until(async () => (await get(program, '/api/me', issuer.token())) === 503);
    await until(() => program.output().includes('"event":"unavailable"'));

    const lines = program.output().split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const { debug, info, warn, error } = pino.levels.values;
    expect(lines).toContainEqual(expect.objectContaining({ level: debug, event: 'refused', reason: 'bad_signature', msg: 'livetoken' }));
    expect(lines).toContainEqual(expect.objectContaining({ level: info, event: 'revoked', kind: 'token', target: 'a token', epoch: null, changed: true }));
    expect(lines).toContainEqual(expect.objectContaining({ level: warn, event: 'storeWarning', code: 'no_persistence', isOver: false }));
    expect(lines).toContainEqual(expect.objectContaining({ level: info, event: 'replica', state: 'live' }));
    expect(lines).toContainEqual(expect.objectContaining({ level: error, event: 'unavailable', operation: 'check' }));
    for (const secret of [token, foreign]) expect(program.output()).not.toContain(secret.slice(-40));
  });
});
