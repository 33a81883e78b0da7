import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EXIT } from '../../lib/cli/exit-status.js';
import { type Application, startApplication } from '../cli/support/application.js';
import { answer, endAll, livetoken, printed, start, type Ended } from '../cli/support/cli.js';
import { documentedIssuer, programFolder, type ProgramFolder } from '../support/documented-programs.js';

afterAll(endAll);

const ROOT = path.join(__dirname, '../..');
const page = readFileSync(path.join(ROOT, 'docs/cli.md'), 'utf8');
const COMMANDS = ['revoke', 'check', 'list', 'history', 'tail', 'doctor'] as const;

const block = (language: string): readonly string[] => [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code);

/** As a shell would read them: words, or what stands between double quotes. */
const examples = block('console').flatMap(text => text.trimEnd().split('\n')).map(line => {
  const [, variables = '', words = '', input] = /^\$ ((?:\w+=\S+ )*)npx livetoken ([^<]*?)(?: < (\S+))?$/.exec(line) ?? [];
  return { line, hasVariable: variables !== '', hasInput: input !== undefined, args: [...words.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '') };
});

const optionsIn = (text: string): readonly string[] => [...new Set([...text.matchAll(/--[a-z][\w-]*/g)].map(([option]) => option))].sort();

describe('docs/cli.md', () => {
  let app: Application;
  let folder: ProgramFolder;
  beforeAll(async () => {
    [app, folder] = await Promise.all([startApplication(), programFolder()]);
    await app.live.revoke({ kind: 'session', id: 'of old' });
  });
  afterAll(async () => {
    await folder.remove();
    await app.close();
  });

  it('has an example of every command', () => {
    expect([...new Set(examples.map(({ args: [command] }) => command))].sort()).toEqual([...COMMANDS].sort());
  });

  it.each(examples)('shows what works: $line', async ({ args, hasVariable, hasInput }) => {
    const { token, claims } = await app.issue({ org: 'o1', sub: 'alice', client_id: 'tv' });
    const settings = { env: { ...app.env, ...(hasVariable && { LIVETOKEN_TOKEN: token }) }, input: hasVariable ? '' : token };
    const ended = args[0] === 'tail' ? await untilItFollows(args, settings) : await livetoken(args, settings);
    expect(hasInput).toBe(args.includes('-'));
    expect(ended.stdout + ended.stderr).not.toContain(token);
    // The Redis of the tests keeps nothing on disk.
    const isRefused = args[0] === 'doctor' || (args[0] === 'check' && !(await app.isLive(claims)));
    expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: isRefused ? EXIT.refused : EXIT.done, stderr: ended.stderr });
  });

  async function untilItFollows(args: readonly string[], settings: { readonly env: Readonly<Record<string, string>> }): Promise<Ended> {
    const following = await start(args, settings);
    await printed(following, /Following/);
    following.child.kill('SIGINT');
    return following.ended;
  }

  it('has a config file that works', async () => {
    const [code = ''] = block('js');
    const file = await folder.write('live', code);
    const issuer = documentedIssuer();
    const env = { REDIS_URL: app.env.LIVETOKEN_REDIS_URL, NAMESPACE: app.namespace, JWT_PUBLIC_KEY: issuer.env.JWT_PUBLIC_KEY };
    const token = issuer.token({ org: 'o2', sub: 'dora' });
    const check = () => answer(['check', '--config', file], { fromSource: true, env: { ...env, LIVETOKEN_TOKEN: token } });
    expect((await check()).document).toMatchObject({ live: true, isVerified: true, token: { user: 'dora', organisation: 'o2' } });
    expect((await livetoken(['revoke', 'member', 'dora', '--organisation', 'o2', '--config', file], { fromSource: true, env })).status).toBe(0);
    expect((await check()).document).toMatchObject({ live: false, reason: 'revoked', target: { kind: 'member' } });
    expect((await answer(['doctor', '--config', file], { fromSource: true, env })).document.figures.isUsed).toBe(true);
  });

  it('names every option of every command, and no other', async () => {
    const rows = new Map([...page.matchAll(/^\| `(\w+)` \| ((?:`--|none).*) \|$/gm)].map(([, command = '', options = '']) => [command, optionsIn(options)]));
    const [, general = ''] = /^\| command \| options, besides (.*) \|$/m.exec(page) ?? [];
    const helps = await Promise.all(COMMANDS.map(async command => (await livetoken([command, '--help'])).stdout));
    for (const [i, command] of COMMANDS.entries()) {
      const [own = '', global = ''] = /^Options:\n(.*?)^Global Options:\n(.*?)(?:^\n|(?![^]))/ms.exec(helps[i] ?? '')?.slice(1) ?? [];
      const declared = (text: string): readonly string[] => optionsIn([...text.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option).join(' ')).filter(option => !['--help', '--version'].includes(option));
      expect({ command, options: rows.get(command) }).toEqual({ command, options: declared(own) });
      expect(optionsIn(general)).toEqual(declared(global));
    }
  });

  it('names every exit code, and no other', () => {
    const rows = [...page.matchAll(/^\| (\d+) \| /gm)].map(([, status]) => Number(status));
    expect(rows).toEqual([...Object.values(EXIT)].sort((a, b) => a - b));
  });

  it('names every variable of the environment that is read, and no other', () => {
    const sources = readdirSync(path.join(ROOT, 'lib/cli'), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts')).map(name => readFileSync(path.join(ROOT, 'lib/cli', name), 'utf8'));
    const read = sources.flatMap(source => [...source.matchAll(/const \{ ([A-Z_]+)[^}]*\} = process\.env/g)].map(([, name]) => name));
    expect([...page.matchAll(/^\| `([A-Z_]+)` \| /gm)].map(([, name]) => name).sort()).toEqual(read.sort());
  });

  it('has a paragraph for every finding of the doctor that is not a warning of the store', () => {
    const source = readFileSync(path.join(ROOT, 'lib/cli/doctor/diagnosis.ts'), 'utf8');
    const codes = [...source.matchAll(/code: '(\w+)'/g)].map(([, code]) => code);
    expect([...page.matchAll(/^\| `([a-z]+_[a-z_]+)` \| /gm)].map(([, code]) => code).sort()).toEqual(codes.sort());
  });

  it('says which rights are enough for all but revoking', async () => {
    const { LIVETOKEN_REDIS_URL: url } = app.env;
    const { token } = await app.issue({ org: 'o3' });
    await app.redis.call('ACL', 'SETUSER', 'reader', 'reset', 'on', '>hunter2', `~{livetoken:${app.namespace}}:*`, '+@read', '+info', '+role', '+time', '+ping');
    expect(page).toContain('with `+@read` on the keys of the namespace (`~{livetoken:<namespace>}:*`), `+info`, `+role`, `+time` and `+ping`');
    const env = { ...app.env, LIVETOKEN_REDIS_URL: url.replace('//', '//reader:hunter2@'), LIVETOKEN_TOKEN: token };
    const commands = [['check', '--organisation-claim', 'org'], ['list', 'all'], ['history'], ['doctor'], ['revoke', 'user', 'bob']];
    const ended = await Promise.all(commands.map(args => livetoken(args, { env })));
    await app.redis.call('ACL', 'DELUSER', 'reader');
    expect(ended.map(({ status }) => status)).toEqual([EXIT.refused, EXIT.done, EXIT.done, EXIT.refused, EXIT.unavailable]);
    expect(ended.slice(0, 4).map(({ stderr }) => stderr.includes('NOPERM'))).toEqual([false, false, false, false]);
    expect(ended[4]?.stderr).toContain('NOPERM');
  });

  it('leads somewhere with every link', () => {
    const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase().replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-'));
    for (const [, anchor = ''] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
    expect(readFileSync(path.join(ROOT, 'docs/errors.md'), 'utf8')).toContain('## Warnings about Redis');
  });
});
