import { randomUUID } from 'node:crypto';
import express, { Router, type Request } from 'express';
import { requireLiveToken, type Claims, type LiveTokens } from 'livetoken';
import 'livetoken/req-auth';
import type { SharedState } from '../state/shared-state.js';
import { onlyMethods } from './errors.js';
import { badField } from './json-body.js';

export interface GuardedApiContext {
  readonly live: LiveTokens;
  readonly state: SharedState;
}

const MAX_ORDERS = 100;

/** What the tokens are for: the orders of the token's organisation. This is all that an application needs of livetoken. */
export function guardedApi({ live, state }: GuardedApiContext): Router {
  const router = Router();
  const liveToken = requireLiveToken(live, { exposeReason: true });
  const mayWrite = requireLiveToken(live, { exposeReason: true, scope: 'orders:write' });

  router
    .route('/orders')
    .get(liveToken, async (req, res) => {
      const orders = await state.list(ordersOf(req));
      res.json({ orders: orders.map(order => JSON.parse(order) as unknown) });
    })
    .post(mayWrite, express.json({ limit: '16kb' }), async (req, res) => {
      const order = { id: randomUUID(), item: readItem(req), orderedBy: claimsOf(req)['sub'], createdTimestamp: Date.now() };
      await state.append(ordersOf(req), JSON.stringify(order), MAX_ORDERS);
      res.status(201).json(order);
    })
    .all(onlyMethods('GET', 'HEAD', 'POST'));

  router
    .route('/me')
    .get(liveToken, (req, res) => {
      res.json(claimsOf(req));
    })
    .all(onlyMethods('GET', 'HEAD'));
  return router;
}

/** The guard has set `req.auth` on every request that gets here. */
export function claimsOf(req: Request): Claims {
  return (req.auth as NonNullable<Request['auth']>).claims;
}

const ordersOf = (req: Request): string => `orders:${String(claimsOf(req)['org'])}`;

/** What is ordered, where the body says so. Orders are not what this demo is about. */
function readItem(req: Request): string {
  const { item = 'something nice' } = (req.body ?? {}) as { readonly item?: unknown };
  if (typeof item !== 'string' || item.length > 100) throw badField('item must be a string of at most 100 characters', 'item');
  return item;
}
