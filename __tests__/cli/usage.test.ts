import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createIssuer } from '../support/issuer.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { endAll, inTerminal, livetoken } from './support/cli.js';

afterAll(endAll);

const ROOT = path.join(__dirname, '../..');
const COMMANDS = ['revoke', 'check', 'list', 'history', 'tail', 'doctor'] as const;

describe('livetoken', () => {
  it('tells its version and its commands, without any setting', async () => {
    const env = { LIVETOKEN_REDIS_URL: '' };
    const [version, help] = await Promise.all([livetoken(['--version'], { env }), livetoken(['--help'], { env })]);
    const { version: published } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
    expect(version).toEqual({ status: 0, stdout: `${published}\n`, stderr: '' });
    expect({ status: help.status, stderr: help.stderr }).toEqual({ status: 0, stderr: '' });
    for (const command of COMMANDS) expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it('ends with 2 where the command is wrong, or none is given', async () => {
    const wrong = [[], ['frobnicate'], ['doctor', '--frobnicate'], ['list', 'user', 'alice', 'bob'], ['history', '--since', 'yesterday']];
    const ended = await Promise.all(wrong.map(args => livetoken(args)));
    expect(ended.map(({ status, stdout }) => ({ status, stdout }))).toEqual(wrong.map(() => ({ status: 2, stdout: '' })));
    for (const { stderr } of ended) expect(stderr).not.toBe('');
  });

  it('says what to set where it does not know where the revocations are, and quotes no setting', async () => {
    const [none, wrong, name] = await Promise.all([
      livetoken(['doctor'], { env: { LIVETOKEN_REDIS_URL: '' } }),
      livetoken(['doctor'], { env: { LIVETOKEN_REDIS_URL: 'somebody:hunter2@redis.internal' } }),
      livetoken(['doctor', '--namespace', 'no spaces here']),
    ]);
    expect([none.status, wrong.status, name.status]).toEqual([2, 2, 2]);
    for (const { stderr } of [none, wrong]) expect(stderr).toContain('LIVETOKEN_REDIS_URL=redis://127.0.0.1:6379');
    expect(wrong.stderr).not.toContain('hunter2');
    expect(name.stderr).toContain('namespace must be 1 to 64 letters');
  });

  it('repeats no token and no password that stands in the wrong place', async () => {
    const token = createIssuer().token();
    const url = 'redis://somebody:hunter2@redis.internal:6379';
    const wrong = [[token], ['revoke', token], ['revoke', 'user', '--reason', 'x', '--', token, token], ['doctor', `--redis-url=${url}`], ['doctor', url], [`--token=${token}`], ['list', token]];
    for (const { status, stdout, stderr } of await Promise.all(wrong.map(args => livetoken(args)))) {
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).not.toContain('hunter2');
      for (const part of token.split('.')) expect(stderr).not.toContain(part);
    }
  });

  it('says on a terminal how far long work has got, and takes that away again; nothing of it without one', async () => {
    const env = { LIVETOKEN_NAMESPACE: 'usage.test', LIVETOKEN_REDIS_URL: sharedRedisUrl() };
    const [piped, shown] = await Promise.all([livetoken(['doctor'], { env }), inTerminal(['doctor'], { env, asked: /notices?\./, typed: '' })]);

    expect(piped.stdout + piped.stderr).not.toContain('Counting');
    const [before, ...told] = shown.stdout.split('\r\u001b[2K');
    expect(before).toBe('');
    expect(told[0]).toBe('Counting revocations: 0 %');
    expect(told).toContain('Counting revocations: 50 %');
    expect(told.at(-1)).not.toContain('Counting');
  });

  it('is plain without a terminal, and coloured on one unless NO_COLOR says otherwise', async () => {
    const env = { LIVETOKEN_NAMESPACE: 'usage.test', LIVETOKEN_REDIS_URL: sharedRedisUrl() };
    const onTerminal = (more: Readonly<Record<string, string>>) => inTerminal(['doctor'], { env: { ...env, ...more }, asked: /notices?\./, typed: '' });
    const [piped, coloured, plain] = await Promise.all([livetoken(['doctor'], { env }), onTerminal({}), onTerminal({ NO_COLOR: '1' })]);
    const colour = '\u001b[31m';
    expect(piped.stdout + piped.stderr).not.toContain('\u001b');
    expect(coloured.stdout).toContain(colour);
    expect(plain.stdout).not.toContain(colour);
    expect(plain.stdout).toContain('DANGER');
  });
});

describe('An instant on the command line', () => {
  const OPTIONS = [['history', '--since'], ['history', '--until'], ['tail', '--since'], ['revoke', 'user', 'alice', '--issued-before']] as const;
  // Without a Redis a command that takes the instant ends with another message.
  const env = { LIVETOKEN_REDIS_URL: '' };

  it.each(['2026-02-30', '2026-04-31T08:30:00Z', '2027-02-29', '2100-02-29T00:00:00+01:00', '2026-13-01', '2026-00-10', '2026-01-00', '2026-01-31T24:00:00Z', '2026-01-31T08:60Z', '2026-01-31T08:30:00'])(
    'is none that no calendar or clock has, or that leaves its offset open: %s',
    async text => {
      const ended = await Promise.all(OPTIONS.map(args => livetoken([...args, text], { env })));
      for (const [i, { status, stdout, stderr }] of ended.entries()) {
        expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: expect.stringContaining(`${String(OPTIONS[i]!.at(-1))} takes how long ago`) });
      }
    },
  );

  it.each(['2028-02-29', '2000-02-29T08:30Z', '2026-01-31 08:30:00.5+01:00', '2026-01-31t08:30:00z', '90s', '7d'])('may be written in these ways: %s', async text => {
    const ended = await Promise.all(OPTIONS.map(args => livetoken([...args, text], { env })));
    for (const { status, stderr } of ended) expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('Set LIVETOKEN_REDIS_URL=') });
  });
});
