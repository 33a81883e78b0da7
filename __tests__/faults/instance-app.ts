import express5, { type Express, type Request, type Response } from 'express';
import { apiKeyCallers, bearerCallers, firstOf, requireLiveToken, revocationRouter, type LiveTokens, type Target } from 'livetoken';
import { clientSecret, EPOCH_HEADER, OPERATOR } from './instance-messages.js';
import { CLIENT_IDS } from './population.js';

export interface InstanceApp {
  readonly app: Express;
  /** Requests that have no answer yet. */
  readonly pending: number;
}

/**
 * What an application makes of the package: a guarded route and the endpoints, and beside them one for what an operator does by
 * hand. Answers tell the epoch of what they revoked, because the checker has to know it and the standards' answers do not say.
 */
export function instanceApp(live: LiveTokens): InstanceApp {
  const app = express5();
  let pending = 0;
  app.disable('x-powered-by');
  app.use((_req, res, next) => {
    pending += 1;
    res.once('close', () => (pending -= 1));
    next();
  });
  app.get('/check', requireLiveToken(live, { exposeReason: true }), (_req, res) => void res.status(204).end());
  app.use(tellEpochs(live));
  app.use(endpoints(live));
  app.post('/by-hand', express5.json(), (req, res, next) => {
    byHand(live, req, res).catch(next);
  });
  app.post('/accept-data-loss', (_req, res, next) => {
    live.acceptDataLoss().then(() => res.status(204).end(), next);
  });
  return {
    app,
    get pending() {
      return pending;
    },
  };
}

function endpoints(live: LiveTokens) {
  const callers = { authenticate: firstOf(apiKeyCallers([{ ...OPERATOR, level: 'partner' }]), bearerCallers(live)), mayManage: () => true };
  const clients = CLIENT_IDS.map(id => ({ id, secret: clientSecret(id) }));
  return revocationRouter(live, { oauth: { clients }, organisations: callers, sessions: callers });
}

/** Finds the answer that a revocation belongs to by the id of its request, which the event repeats. */
function tellEpochs(live: LiveTokens) {
  const answers = new Map<string, Response>();
  live.on('revoked', ({ requestId = '', epoch }) => {
    const answer = answers.get(requestId);
    if (answer?.headersSent === false) answer.append(EPOCH_HEADER, epoch === Infinity ? 'final' : String(epoch));
  });
  return (req: Request, res: Response, next: () => void): void => {
    const id = req.get('x-request-id');
    if (id !== undefined) {
      answers.set(id, res);
      res.once('close', () => answers.delete(id));
    }
    next();
  };
}

interface ByHand {
  readonly targets: readonly Target[];
  readonly issuedBefore?: number;
}

async function byHand(live: LiveTokens, req: Request, res: Response): Promise<void> {
  const { targets, issuedBefore } = req.body as ByHand;
  const by = { actor: 'operator', requestId: req.get('x-request-id') ?? '', ...(issuedBefore !== undefined && { issuedBefore }) };
  if (targets.length === 1) await live.revoke(targets[0]!, by);
  else await live.revokeAll(targets, by);
  res.status(204).end();
}
