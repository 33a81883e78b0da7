import { Router, type Request } from 'express';
import type { LiveTokens, Target } from 'livetoken';
import type { Instance, RedisSwitch } from '../fleet/fleet.js';
import { HttpError, onlyMethods } from '../http/errors.js';
import { claimsOf } from '../http/guarded-api.js';
import { badField, parseJson, readJson } from '../http/json-body.js';
import { eventStream } from './event-stream.js';
import type { Hub } from './hub.js';
import type { Operators } from './operators.js';

export interface ConsoleApiContext {
  readonly operators: Operators;
  readonly live: LiveTokens;
  readonly hub: Hub;
  readonly redis: RedisSwitch | undefined;
  readonly stopping: AbortSignal;
}

/** What the page talks to. All but signing in needs the token of an operator, which the page sends as a bearer: no cookie, so no CSRF. */
export function consoleApi({ operators, live, hub, redis, stopping }: ConsoleApiContext): Router {
  const router = Router();
  router.route('/sign-in').post(...parseJson, async (req, res) => {
    const { name, password } = readJson(req, 'name', 'password');
    if (typeof name !== 'string' || typeof password !== 'string') throw badField('name and password must be strings');
    const access = await operators.signIn(name, password);
    if (access === undefined) throw new HttpError(403, 'forbidden', 'The name or the password is wrong');
    res.json({ token: access.token });
  }).all(onlyMethods('POST'));

  router.use(operators.guard);

  router.route('/sign-out').post(async (req, res) => {
    await operators.signOut(claimsOf(req));
    res.status(204).end();
  }).all(onlyMethods('POST'));

  router.route('/events').head(onlyMethods('GET')).get((req, res) => {
    const end = operators.watch(claimsOf(req), res);
    eventStream(res, [end, stopping], tell => hub.join(tell, thisInstance(req)));
  }).all(onlyMethods('GET'));

  router.route('/preview').post(...parseJson, async (req, res) => {
    res.json(await live.preview(readTarget(req)));
  }).all(onlyMethods('POST'));

  router.route('/revoke').post(...parseJson, async (req, res) => {
    const { receipt, tokens } = await hub.revoke(readTarget(req), { actor: `console ${String(claimsOf(req)['sub'])}`, clickedAgoMs: readClick(req) });
    res.json({ count: receipt.count, tokens: tokens.map(({ id }) => id) });
  }).all(onlyMethods('POST'));

  router.route('/people').post(async (_req, res) => {
    await hub.signInAgain();
    res.status(204).end();
  }).all(onlyMethods('POST'));

  router.route('/redis').post(...parseJson, async (req, res) => {
    const { isOn } = readJson(req, 'isOn', 'clickedAgoMs');
    if (redis === undefined) throw new HttpError(404, 'not_found', 'There is no Redis here that could be switched');
    if (typeof isOn !== 'boolean') throw badField('isOn must be true or false', 'isOn');
    await hub.switchRedis(isOn, { clickedAgoMs: readClick(req) });
    res.json({ isOn: redis.isOn });
  }).all(onlyMethods('POST'));
  return router;
}

/** Whether it is one that can be revoked, livetoken says. */
function readTarget(req: Request): Target {
  const { target } = readJson(req, 'target', 'clickedAgoMs');
  if (typeof target !== 'object' || target === null) throw badField('target must be an object such as {"kind":"session","id":"..."}', 'target');
  return target as Target;
}

const LONGEST_AGO_MS = 60_000;

/** How long ago the click was; 0 where nobody says. */
function readClick(req: Request): number {
  const { clickedAgoMs = 0 } = req.body as { readonly clickedAgoMs?: unknown };
  if (typeof clickedAgoMs === 'number' && clickedAgoMs >= 0 && clickedAgoMs <= LONGEST_AGO_MS) return clickedAgoMs;
  throw badField(`clickedAgoMs must be a number from 0 to ${LONGEST_AGO_MS}`, 'clickedAgoMs');
}

/** Where this process listens, as whoever asks has reached it. */
function thisInstance({ socket }: Request): Instance {
  const { localAddress = '127.0.0.1', localPort = 0 } = socket;
  return { name: 'This process', url: `http://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}` };
}
