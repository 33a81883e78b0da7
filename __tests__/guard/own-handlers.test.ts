import { once } from 'node:events';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import request from 'supertest';
import { InvalidTokenError, memoryStore, requireLiveToken, StoreUnavailableError } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { ask, liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const live = liveTokens(memoryStore(), issuer);

/** Errors of the application that look like the guard's: they are the application's all the same. */
const errors = [
  new Error('of the application'),
  new InvalidTokenError('expired'),
  new StoreUnavailableError('of another store'),
  Object.assign(new Error('of the application'), { status: 503 }),
];

function recorder(): { readonly seen: unknown[]; readonly handler: ErrorRequestHandler } {
  const seen: unknown[] = [];
  return {
    seen,
    handler: (error, _req, res, next) => {
      seen.push(error);
      if (res.headersSent) next(error);
      else res.status(418).json({ handledBy: 'the application' });
    },
  };
}

describe.each(EVERY_EXPRESS)('an error of a handler behind the guard, on $name', ({ express }) => {
  async function answerWith(handler: RequestHandler) {
    const { seen, handler: onError } = recorder();
    const app = express();
    app.use(requireLiveToken(live), handler);
    app.use(onError);
    const { status, headers, body } = await ask(app, issuer.token());
    return { seen, status, challenge: headers['www-authenticate'], body };
  }

  it.each(errors)('F70 F81 reaches the error handler of the application, untouched and once: thrown %p', async error => {
    const answer = await answerWith(() => {
      throw error;
    });

    expect(answer).toEqual({ seen: [error], status: 418, challenge: undefined, body: { handledBy: 'the application' } });
  });

  it.each(errors)('F70 F81 reaches it from next as well: %p', async error => {
    const answer = await answerWith((_req, _res, next) => {
      setImmediate(() => {
        next(error);
      });
    });

    expect(answer).toEqual({ seen: [error], status: 418, challenge: undefined, body: { handledBy: 'the application' } });
  });
});

describe('a handler behind the guard', () => {
  const [five] = EVERY_EXPRESS;

  it.each(errors)('F70 F81 that is async has, on Express 5, its rejection brought to the error handler of the application: %p', async error => {
    const { seen, handler } = recorder();
    const app = five.express();
    app.use(requireLiveToken(live), async () => {
      await Promise.resolve();
      throw error;
    });
    app.use(handler);

    expect((await ask(app, issuer.token())).status).toBe(418);
    expect(seen).toEqual([error]);
  });

  it.each(EVERY_EXPRESS)('F64 is called once for each request, on $name', async ({ express }) => {
    const handler = jest.fn<undefined, Parameters<RequestHandler>>((_req, res) => {
      res.json({});
    });
    const app = express();
    app.use(requireLiveToken(live), handler);

    await Promise.all(Array.from({ length: 10 }, () => ask(app, issuer.token())));

    expect(handler).toHaveBeenCalledTimes(10);
  });
});

describe.each(EVERY_EXPRESS)('what the guard cannot decide, on $name', ({ express }) => {
  it('F81 does not reach the application: neither a handler nor an error handler is called beside the 503', async () => {
    const closed = liveTokens(memoryStore(), issuer);
    const { seen, handler } = recorder();
    const app = express();
    app.use(requireLiveToken(closed), (_req, res) => {
      seen.push('the handler');
      res.end();
    });
    app.use(handler);
    await closed.close();

    expect((await ask(app, issuer.token())).status).toBe(503);
    expect(seen).toStrictEqual([]);
  });

  it('F81 because a function of the application fails is for its error handler, and no 503, which would be tried again', async () => {
    const error = new Error('of the application');
    const failing = liveTokens(memoryStore(), issuer, { tokenUse: () => { throw error; } });
    const { seen, handler } = recorder();
    const app = express();
    app.use(requireLiveToken(failing), (_req, res) => void res.json({}));
    app.use(handler);

    expect((await ask(app, issuer.token())).status).toBe(418);
    expect(seen).toEqual([error]);
  });
});

describe.each(EVERY_EXPRESS)('a guard, on $name', ({ express }) => {
  it('F64 F71 guards one route, one router, or several times in a row', async () => {
    const app = express();
    const ok: RequestHandler = (_req, res) => {
      res.json({});
    };
    const router = express.Router();
    router.get('/orders', requireLiveToken(live, { scope: 'orders:read' }), ok);
    router.post('/orders', requireLiveToken(live, { scope: 'orders:write' }), ok);
    app.get('/public', ok);
    app.use('/api', requireLiveToken(live), router);
    const statusOf = async (method: 'get' | 'post', path: string, token?: string) => {
      const asked = request(app)[method](path);
      return (await (token === undefined ? asked : asked.set('Authorization', `Bearer ${token}`))).status;
    };

    expect(await statusOf('get', '/public')).toBe(200);
    expect(await statusOf('get', '/api/orders')).toBe(401);
    expect(await statusOf('get', '/api/orders', issuer.token())).toBe(200);
    expect(await statusOf('post', '/api/orders', issuer.token())).toBe(403);
    expect(await statusOf('get', '/api/unknown', issuer.token())).toBe(404);
    expect(await statusOf('get', '/api/unknown')).toBe(401);
  });

  it('F81 survives a client that goes away before it is answered', async () => {
    const app = express();
    app.use(requireLiveToken(live), (_req, res) => {
      res.json({});
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const asked = request(server).get('/').set('Authorization', `Bearer ${issuer.token()}`);
    asked.on('error', () => undefined).end(() => undefined);
    asked.abort();

    expect((await request(server).get('/').set('Authorization', `Bearer ${issuer.token()}`)).status).toBe(200);
    server.close();
  });
});
