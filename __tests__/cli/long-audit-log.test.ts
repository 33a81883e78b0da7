import { SEARCH_FOR_MS } from '../../lib/cli/cause.js';
import { until } from '../stores/support/until.js';
import { type Application, startApplication } from './support/application.js';
import { answer, endAll, inTerminal, livetoken, start } from './support/cli.js';
import { slowLink, type SlowLink } from './support/slow-link.js';

afterAll(endAll);

const CHECK = ['check', '--organisation-claim', 'org'] as const;

/** At 250 entries a question and this long for each, to the first of so many takes far longer than anybody waits. */
const ENTRIES = 20_000;
const DELAY_MS = 250;

const KINDS = ['token', 'grant', 'session', 'subject', 'member', 'client', 'organisation', 'all'] as const;

describe('livetoken check, where the revocation is the first entry of a long audit log', () => {
  let app: Application;
  let token: string;
  let link: SlowLink;
  beforeAll(async () => {
    app = await startApplication();
    ({ token } = await app.issue({ sid: 'long ago' }));
    await app.live.revoke({ kind: 'session', id: 'long ago' }, { actor: 'carol' });
    const note = JSON.stringify({ key: 'all:TPNpqbU_rCpFH0ALfawPEK', target: 'all tokens' });
    for (let i = 0; i < ENTRIES; i += 1000) {
      const others = app.redis.pipeline();
      for (let j = 0; j < 1000; j += 1) void others.xadd(app.key('audit'), '*', 'at', 1, 'epoch', 1, 'note', note);
      await others.exec();
    }
  });
  beforeEach(async () => { link = await slowLink(app.env.LIVETOKEN_REDIS_URL, /xrevrange/i, DELAY_MS); });
  afterEach(() => link.close());
  afterAll(() => app.close());

  const about = (LIVETOKEN_REDIS_URL: string) => ({ env: { ...app.env, LIVETOKEN_TOKEN: token, LIVETOKEN_REDIS_URL } });

  it('finds it where that is quick', async () => {
    const { status, document } = await answer(CHECK, about(app.env.LIVETOKEN_REDIS_URL));
    expect({ status, ...document }).toMatchObject({ status: 1, revocation: { actor: 'carol' } });
    expect(document).not.toHaveProperty('revocationUnknown');
  });

  it('answers without who revoked it where that is not found for long', async () => {
    const [{ status, document }, { stdout }] = await Promise.all([answer(CHECK, about(link.url)), livetoken(CHECK, about(link.url))]);
    expect({ status, ...document }).toMatchObject({ status: 1, live: false, reason: 'revoked', target: { kind: 'session' }, revocationUnknown: 'timed_out' });
    expect(document).not.toHaveProperty('revocation');
    expect(stdout).toMatch(/revoked {4}a session\n {2}when, who {2}not found within 5 s, because the audit log is long: livetoken history/);
  });

  it('answers with what it knows at Ctrl-C, without who revoked it', async () => {
    const checking = await start([...CHECK, '--json'], about(link.url));
    await until(() => link.slowed() > 1);
    checking.child.kill('SIGINT');
    const { status, stdout, stderr } = await checking.ended;
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ live: false, target: { kind: 'session' }, revocationUnknown: 'interrupted' });
    // Not even the time that the search may take is waited for.
    expect(link.slowed()).toBeLessThan(SEARCH_FOR_MS / DELAY_MS - 5);
  });

  it('says on a terminal what it is waiting for, and takes that away again', async () => {
    const { status, stdout } = await inTerminal(CHECK, { ...about(link.url), asked: /looking for who revoked it\.\.\. 1 s/, typed: '\u0003' });
    expect(status).toBe(1);
    const told = stdout.split('\r\u001b[2K');
    expect(told[1]).toMatch(/^Refused; looking for who revoked it\.\.\. 1 s/);
    expect(told.at(-1)).toContain('not known: the search was interrupted');
    expect(told.at(-1)).not.toContain('looking for');
  });

  it('answers with what it knows where the audit log cannot be read', async () => {
    const { LIVETOKEN_REDIS_URL: url } = app.env;
    const keys = ['state', 'log', 'tracked:*', ...KINDS.map(kind => `${kind}:*`)].map(name => `~${app.key(name)}`);
    await app.redis.call('ACL', 'SETUSER', `no-audit-${app.namespace}`, 'reset', 'on', '>hunter2', ...keys, '+@read', '+info', '+role', '+time', '+ping');
    const { status, document } = await answer(CHECK, about(url.replace('//', `//no-audit-${app.namespace}:hunter2@`)));
    await app.redis.call('ACL', 'DELUSER', `no-audit-${app.namespace}`);
    expect({ status, ...document }).toMatchObject({ status: 1, live: false, target: { kind: 'session' }, revocationUnknown: 'unavailable' });
  });
});
