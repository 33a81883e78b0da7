import { type Application, startApplication } from './support/application.js';
import { endAll, inTerminal, livetoken } from './support/cli.js';
import { slowLink, type SlowLink } from './support/slow-link.js';

afterAll(endAll);

/** Each page of tracked tokens comes this late, so that several of them take longer than anybody waits without a word. */
const DELAY_MS = 600;

/** Several pages of them. */
const TOKENS = 700;

describe('On a terminal', () => {
  let app: Application;
  let link: SlowLink;
  beforeAll(async () => {
    app = await startApplication();
    await app.live.revoke({ kind: 'session', id: 'of old' });
    // One after the other: all at once may take longer to sign than a check may wait.
    for (let i = 0; i < TOKENS; i++) await app.issue({ sub: 'alice' });
    link = await slowLink(app.env.LIVETOKEN_REDIS_URL, /zrangebylex/i, DELAY_MS);
  });
  afterAll(async () => {
    await link.close();
    await app.close();
  });

  const about = () => ({ env: { ...app.env, LIVETOKEN_REDIS_URL: link.url } });

  /** What was written over what stood there before, piece by piece. */
  async function shown(args: readonly string[], last: RegExp): Promise<readonly string[]> {
    const { status, stdout } = await inTerminal(args, { ...about(), asked: last, typed: '' });
    expect(status).toBe(0);
    return stdout.split('\r\u001b[2K');
  }

  it('list says how many tokens it has, and takes that away again', async () => {
    const [before, ...told] = await shown(['list', 'user', 'alice', '--limit', '2000'], /live tokens\./);
    expect(before).toBe('');
    expect(told[0]).toBe('700 tokens');
    expect(told.at(-1)).toContain('700 live tokens.');
    expect(told.at(-1)).not.toContain('700 tokens');
  });

  it('a dry run says that it counts, and takes that away again', async () => {
    const told = await shown(['revoke', 'user', 'alice', '--dry-run'], /would end/);
    expect(told).toContain('Counting... 1 s');
    expect(told.at(-1)).toContain('would end 700 tracked tokens.');
    expect(told.at(-1)).not.toContain('Counting');
  });

  it('nothing of that is said without one', async () => {
    for (const args of [['list', 'user', 'alice', '--limit', '2000'], ['revoke', 'user', 'alice', '--dry-run']]) {
      const { status, stdout, stderr } = await livetoken(args, about());
      expect(status).toBe(0);
      expect(stdout + stderr).not.toMatch(/Counting|700 tokens|\r/);
    }
  });

  it('a revocation says that it is at it, and takes that away again', async () => {
    const told = await shown(['revoke', 'user', 'alice'], /Revoked user alice/);
    expect(told).toContain('Revoking... 1 s');
    expect(told.at(-1)).toContain('This ended 700 tracked tokens.');
    expect(told.at(-1)).not.toContain('Revoking...');
  });
});
