import { type Application, startApplication } from './support/application.js';
import { answer, endAll, livetoken } from './support/cli.js';

afterAll(endAll);

describe('livetoken list', () => {
  let app: Application;
  beforeAll(async () => {
    app = await startApplication();
    const exp = Math.floor(Date.now() / 1000) + 1000;
    for (let i = 0; i < 5; i += 1) await app.issue({ sub: 'alice', jti: `jti-${i}`, sid: `sid-${i}`, grant_id: `grant-${i}`, exp: exp + i, client_id: i === 0 ? 'tv' : 'web' });
    await app.issue({ sub: 'bob' });
    await app.live.revoke({ kind: 'token', id: 'jti-4', organisation: 'org-a' });
  });
  afterAll(() => app.close());

  it('shows the live tokens under a target, without the ids of tokens, sessions and grants', async () => {
    const [{ status, stdout, stderr }, { document }] = await Promise.all([livetoken(['list', 'user', 'alice'], app), answer(['list', 'user', 'alice'], app)]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '4 live tokens.\n' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^USER +CLIENT +ORGANISATION +ISSUED +EXPIRES +SCOPE$/);
    expect(lines.slice(1).map(line => line.split(/ {2,}/).slice(0, 3))).toEqual([['alice', 'tv', 'org-a'], ...Array<string[]>(3).fill(['alice', 'web', 'org-a'])]);
    expect(document.target).toEqual({ kind: 'user', id: 'alice' });
    expect(document.tokens).toHaveLength(4);
    expect(stdout + JSON.stringify(document)).not.toMatch(/jti-\d|sid-\d|grant-\d/);
  });

  it('shows these ids where they are asked for', async () => {
    const [{ stdout }, { document }] = await Promise.all([livetoken(['list', 'client', 'tv', '--ids'], app), answer(['list', 'client', 'tv', '--ids'], app)]);
    expect(stdout).toMatch(/jti-0 +sid-0 +grant-0/);
    expect(document.tokens).toEqual([expect.objectContaining({ tokenId: 'jti-0', session: 'sid-0', grant: 'grant-0', client: 'tv' })]);
  });

  const idsOf = ({ document }: Awaited<ReturnType<typeof answer>>): readonly string[] => (document.tokens as readonly { readonly tokenId: string }[]).map(({ tokenId }) => tokenId);

  it('goes on where the list before ended', async () => {
    const first = await answer(['list', 'user', 'alice', '--limit', '3', '--ids'], app);
    expect(idsOf(first)).toEqual(['jti-0', 'jti-1', 'jti-2']);
    const second = await answer(['list', 'user', 'alice', '--ids', '--cursor', first.document.cursor], app);
    expect(idsOf(second)).toEqual(['jti-3']);
    expect(second.document).not.toHaveProperty('cursor');
  });

  it('tells a target without tokens from an application that tracks none', async () => {
    const [nobody, elsewhere] = await Promise.all([
      livetoken(['list', 'user', 'nobody'], app),
      livetoken(['list', 'user', 'alice', '--namespace', `${app.namespace}.x`], app),
    ]);
    expect([nobody.status, elsewhere.status]).toEqual([0, 0]);
    expect(nobody.stderr).toBe('0 live tokens.\n');
    expect(elsewhere.stderr).toContain('No token at all is tracked here');
  });

  it('shows no control characters that came with a token', async () => {
    await app.issue({ sub: 'mallory', client_id: '\u001b[2Jevil\nline' });
    const { stdout } = await livetoken(['list', 'user', 'mallory'], app);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stdout).toContain('?[2Jevil?line');
  });

  it.each([
    [['list', 'token', 'jti-1'], 'A token is not listed'],
    [['list', 'user', 'alice', '--limit', '0'], '--limit takes a whole number'],
    [['list'], "missing required argument 'kind'"],
  ])('says of %j what to write', async (args, said) => {
    const { status, stdout, stderr } = await livetoken(args, app);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(said);
  });
});
