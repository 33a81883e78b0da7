import { type Application, startApplication } from './support/application.js';
import { until } from '../stores/support/until.js';
import { answer, endAll, livetoken } from './support/cli.js';

afterAll(endAll);

describe('livetoken history', () => {
  let app: Application;
  let middleMs: number;
  beforeAll(async () => {
    app = await startApplication();
    await app.live.revoke({ kind: 'subject', id: 'alice' }, { actor: 'carol', reason: 'first' });
    await app.live.revoke({ kind: 'member', id: 'alice', organisation: 'org-a' }, { actor: 'dave', reason: 'second' });
    ({ recordedAt: middleMs } = await app.live.revoke({ kind: 'organisation', id: 'org-a' }, { actor: 'carol', reason: 'third' }));
    // Nothing after it shall have been recorded within the same millisecond.
    await until(() => Date.now() > middleMs);
    await app.live.revoke({ kind: 'session', id: 'sid-1' }, { actor: 'erin', reason: 'fourth', requestId: 'request-4' });
  });
  afterAll(() => app.close());

  const reasons = async (...args: string[]): Promise<readonly string[]> => {
    const { document } = await answer(['history', ...args], app);
    return (document.entries as readonly { readonly reason: string }[]).map(({ reason }) => reason);
  };

  it('shows who revoked what, when and why, newest first, and no id of a session', async () => {
    const { status, stdout, stderr } = await livetoken(['history'], app);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n').map(line => line.slice(line.indexOf('  ') + 2))).toEqual([
      'a session by erin: fourth (request request-4)',
      'organisation org-a by carol: third',
      'member alice in organisation org-a by dave: second',
      'subject alice by carol: first',
    ]);
    expect(stdout).not.toContain('sid-1');
  });

  it('gives each entry as it is kept, with times that can be compared', async () => {
    const { document } = await answer(['history', 'organisation', 'org-a'], app);
    const at = new Date(middleMs).toISOString();
    expect(document.entries).toEqual([{ id: expect.any(String), key: expect.stringMatching(/^organisation:/), kind: 'organisation', target: 'organisation org-a', organisation: 'org-a', actor: 'carol', reason: 'third', at, epoch: at }]);
  });

  it('finds what concerns a target, an actor, an organisation or a time', async () => {
    const at = new Date(middleMs).toISOString();
    const found = await Promise.all([
      reasons('user', 'alice'),
      reasons('member', 'alice', '--organisation', 'org-a'),
      reasons('--actor', 'carol'),
      reasons('--organisation', 'org-a'),
      reasons('--actor', 'nobody'),
    ]);
    expect(found).toEqual([['first'], ['second'], ['third', 'first'], ['third', 'second'], []]);
    const [before, since] = await Promise.all([reasons('--until', at), reasons('--since', at, '--oldest-first')]);
    expect(before.filter(reason => ['third', 'fourth'].includes(reason))).toEqual([]);
    expect(since.filter(reason => ['third', 'fourth'].includes(reason))).toEqual(['third', 'fourth']);
    const after = await reasons('--since', new Date(middleMs + 1).toISOString());
    expect(after).toEqual(['fourth']);
  });

  it('goes on where the answer before ended', async () => {
    const first = await answer(['history', '--limit', '3'], app);
    expect(first.document.entries).toHaveLength(3);
    expect(await reasons('--cursor', first.document.cursor)).toEqual(['first']);
  });

  it('says so where nothing is found, and prints nothing then', async () => {
    const { status, stdout, stderr } = await livetoken(['history', 'user', 'nobody'], app);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: 'Nothing of that is in the audit log.\n' });
  });

  it('refuses a narrowing without a user', async () => {
    expect((await livetoken(['history', '--client', 'web'], app)).status).toBe(2);
  });
});
