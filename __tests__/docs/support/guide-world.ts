import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { documentedIssuer, programFolder, startProgram, type DocumentedIssuer, type ProgramFolder, type RunningProgram } from '../../support/documented-programs.js';
import { startRedis, type RedisServer } from '../../support/redis-server.js';
import { until } from '../../stores/support/until.js';
import { programOf } from './guide-page.js';

export const ISSUER: DocumentedIssuer = documentedIssuer();

/** The `typ` of refresh tokens. */
export const REFRESH = 'rt+jwt';

const SECRETS = { BANK_SECRET: 'bank-secret', SHOP_SECRET: 'shop-secret', GATEWAY_SECRET: 'gateway-secret', FIRST_PASSWORD: 'first' };

/** A Redis of the describe around it, and the programs of one task on it, as many as a test wants. */
export function guideWorld(title: string): { readonly redis: () => RedisServer; start(env?: Readonly<Record<string, string>>): Promise<RunningProgram> } {
  let redis: RedisServer | undefined;
  let folder: ProgramFolder | undefined;
  let file = '';
  const programs: RunningProgram[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    folder = await programFolder();
    file = await folder.write('main', programOf(title));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(programs.splice(0).map(program => program.stop()));
  });
  afterAll(async () => {
    await redis?.stop();
    await folder?.remove();
  });
  const running = (): RedisServer => {
    if (redis === undefined) throw new Error('There is no Redis yet.');
    return redis;
  };
  return {
    redis: running,
    async start(env = {}) {
      const program = await startProgram(file, { ...ISSUER.env, ...SECRETS, REDIS_URL: running().url, ...env });
      programs.push(program);
      return program;
    },
  };
}

type Asked = RequestInit & { readonly token?: string };

export function ask({ base }: RunningProgram, path: string, { token, headers, ...init }: Asked = {}): Promise<Response> {
  const all = new Headers(headers);
  if (token !== undefined) all.set('Authorization', `Bearer ${token}`);
  return fetch(`${base}${path}`, { ...init, headers: all });
}

export async function statusOf(program: RunningProgram, path: string, asked: Asked = {}): Promise<number> {
  const answer = await ask(program, path, asked);
  await answer.text();
  return answer.status;
}

/** Statuses of the tokens at a route of the program. */
export function statuses(program: RunningProgram, tokens: readonly string[], path = '/api/me'): Promise<readonly number[]> {
  return Promise.all(tokens.map(token => statusOf(program, path, { token })));
}

/** At another instance than the one that revoked, "at once" is when its copy has heard of it. */
export async function untilStatuses(program: RunningProgram, tokens: readonly string[], wanted: readonly number[]): Promise<void> {
  await until(async () => JSON.stringify(await statuses(program, tokens)) === JSON.stringify(wanted));
}

export function form(fields: Readonly<Record<string, string>>): { readonly method: 'POST'; readonly body: URLSearchParams } {
  return { method: 'POST', body: new URLSearchParams(fields) };
}

export function basic(id: string, secret: string): { readonly Authorization: string } {
  return { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

/** Those that a test has opened. */
const sockets: Socket[] = [];

interface Upgraded {
  readonly socket: Socket;
  readonly received: () => string;
}

/** A connection that asks to become something else than HTTP, and what has come back on it. */
export async function openSocket({ port }: RunningProgram, token: string): Promise<Upgraded> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => { received += text; });
  await once(socket, 'connect');
  socket.write(`GET /socket HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer ${token}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
  await until(() => received.includes('\r\n\r\n'));
  return { socket, received: () => received };
}
