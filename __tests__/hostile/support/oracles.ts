import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { targetKey } from '../../../lib/model/target-key.js';
import { MALLORY, MERCHANT } from './callers.js';
import { holdsId, holdsSecret } from './leaks.js';
import { claimsOf, FORGED, OWN, type Claims } from './material.js';
import type { Shot } from './shots.js';
import { mint } from './tokens.js';
import type { Answer, Reply } from './wire.js';
import type { World } from './world.js';

/** What is wrong with an answer, if anything. Nothing here depends on which of many reasons a request is refused for. */
export function faultOf(shot: Shot, { text, answers, hung }: Reply): string | undefined {
  if (hung) return 'nobody closed the connection';
  if (shot.complete && answers.length === 0) return `no answer: ${JSON.stringify(text.slice(0, 200))}`;
  for (const answer of answers) {
    const fault = faultOfAnswer(shot, answer);
    if (fault !== undefined) return `${fault}: ${JSON.stringify(answer.text.slice(0, 600))}`;
  }
  return undefined;
}

const REVOKING = new Set(['O1', 'O2', 'member', 'T1', 'T2']);
const LISTING = new Set(['list', 'ownList']);
/** However it is written: what stands before it may be any part of a query. */
const DRY_RUN = /[?&;](d|%64)ry[-_]?run/i;

function faultOfAnswer({ draft }: Shot, { status, text }: Answer): string | undefined {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const isGood = status >= 200 && status < 300;
  if (Number.isNaN(status)) return 'no status';
  if (status >= 500) return `status ${status}`;
  if (holdsSecret(text)) return 'a secret or a token got out';
  if (!isGood && holdsId(text)) return 'an id got out';
  if (/^X-Injected:/im.test(head)) return 'a header was injected';
  if (LISTING.has(draft.endpoint) && holdsId(text)) return 'an id got out';
  if (isGood && REVOKING.has(draft.endpoint) && DRY_RUN.test(draft.path) && !draft.path.endsWith('?dryRun=false') && !body.includes('"dryRun":true')) return 'a dry run revoked';
  if (status === 401 && !/^WWW-Authenticate: (Basic|Bearer) /im.test(head)) return 'a 401 without a challenge';
  if (isGood && (draft.credentials === 'none' || draft.credentials === 'hostile')) return `status ${status} for nobody`;
  if (draft.endpoint === 'introspect' && draft.token === 'hostile' && body.includes('"active":true')) return 'a hostile token is active';
  return undefined;
}

/** The keys of all that was never anybody's to revoke here: what victims' tokens fall under, and what forged ones say. */
function untouchable({ live, victims }: World): ReadonlySet<string> {
  const targets = [...victims.map(({ claims }) => claims), claimsOf(FORGED)].flatMap(claims => live.facts(claims).targets);
  const own = new Set(OWN.flatMap(each => live.facts(claimsOf(each)).targets).map(targetKey));
  const all = new Set<string>([targetKey({ kind: 'all' })]);
  return new Set(targets.map(targetKey).filter(key => all.has(key) || !own.has(key)));
}

/** Looks at the audit log from where it was last looked at. */
export class AuditWatch {
  readonly #world: World;
  readonly #untouchable: ReadonlySet<string>;
  #after: string | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#untouchable = untouchable(world);
  }

  /** How many entries are new, and which of them should not be. */
  async news(): Promise<{ readonly count: number; readonly faults: readonly string[] }> {
    let count = 0;
    const faults: string[] = [];
    for (;;) {
      const { items, cursor } = await this.#world.live.history({ order: 'oldest', limit: 1000, ...(this.#after !== undefined && { cursor: this.#after }) });
      this.#after = items.at(-1)?.id ?? this.#after;
      count += items.length;
      for (const { key, target, actor = '', reason = '' } of items) {
        if (this.#untouchable.has(key)) faults.push(`${actor} revoked ${target}`);
        if (holdsSecret(`${target} ${actor} ${reason}`)) faults.push(`the audit log holds a secret: ${target}`);
      }
      if (cursor === undefined) return { count, faults };
    }
  }
}

interface Plain {
  readonly status: number;
  readonly body: string;
}

async function ask({ port }: World, method: string, path: string, authorization: string, form?: Readonly<Record<string, string>>): Promise<Plain> {
  const headers = { Authorization: authorization, ...(form !== undefined && { 'Content-Type': 'application/x-www-form-urlencoded' }) };
  const sent = request({ port, host: '127.0.0.1', method, path, headers, agent: false });
  sent.end(form === undefined ? undefined : new URLSearchParams(form).toString());
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of answer.setEncoding('utf8')) body += chunk as string;
  return { status: answer.statusCode ?? 0, body };
}

/** Good requests get good answers still, and do what they should; the victims are alive. */
export async function faultsOfService(world: World): Promise<readonly string[]> {
  const faults: string[] = [];
  const expect = (what: string, actual: unknown, expected: unknown): void => {
    if (actual !== expected) faults.push(`${what}: ${String(actual)} and not ${String(expected)}`);
  };
  const [access, , admin] = world.victims;
  for (const victim of [access!, admin!]) {
    expect(`the guard for ${String(victim.claims['sub'])}`, (await ask(world, 'GET', '/guarded/guard', `Bearer ${victim.token}`)).status, 200);
  }
  for (const { claims } of world.victims) expect('a victim is live', (await world.live.check(claims, { consistency: 'strong' })).live, true);
  const bearer = async (claims: Claims): Promise<string> => {
    const full = claimsOf(claims);
    await world.live.track(full);
    return mint(world.keys, full);
  };
  const own = { org: 'own-good', sub: 'gus', client_id: 'mallory', scope: 'bankadmin' };
  const basic = MALLORY.headers[0]!;
  const token = await bearer(own);
  expect('introspect', (await ask(world, 'POST', '/auth/introspect', basic, { token })).body.includes('"active":true'), true);
  expect('revoke', (await ask(world, 'POST', '/auth/revoke', basic, { token })).status, 200);
  expect('the guard, then', (await ask(world, 'GET', '/guarded/guard', `Bearer ${token}`)).status, 401);
  expect('introspect, then', (await ask(world, 'POST', '/behind/introspect', basic, { token })).body, '{"active":false}');
  for (const [method, path, status] of [
    ['DELETE', '/users/gus/clients/web/tokens', 204],
    ['DELETE', '/users/gus/sessions', 204],
    ['POST', '/organisations/own-good/users/gus/tokens/revoke', 200],
    ['POST', '/organisations/own-good/tokens/revoke', 200],
    ['POST', '/tokens/revoke', 200],
  ] as const) {
    expect(`${method} ${path}`, (await ask(world, method, path, `Bearer ${await bearer(own)}`)).status, status);
  }
  expect('T1 by key', (await ask(world, 'POST', '/tokens/revoke', MERCHANT.headers[0]!)).status, 200);
  return faults;
}
