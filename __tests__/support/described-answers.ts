import type { NextFunction, Request, Response, Router } from 'express';
import type { OpenApiDocument } from '../../lib/index.js';
import { Contract, type Exchange } from './contract.js';

/** Kept beyond a reset of the modules, which some tests need. */
const KEPT = Symbol.for('livetoken.tests.undescribed');

const undescribed = ((globalThis as { [KEPT]?: string[] | undefined })[KEPT] ??= []);

/** What was wrong since the last time, and forgets it. */
export function takeUndescribed(): string[] {
  return undescribed.splice(0);
}

/** The same router. Whatever it answers itself is checked; what it passes on is the application's. */
export function describedBy(document: OpenApiDocument, router: Router): Router {
  const contract = Contract.of(document);
  return new Proxy(router, {
    apply(target, self, [req, res, next]: [Request, Response, NextFunction]) {
      const { method, path } = req;
      const leave = onAnswer(res, body => {
        const headers = Object.fromEntries(Object.entries(res.getHeaders()).map(([name, value]) => [name, [value].flat().join(', ')]));
        undescribed.push(...faultsOf(contract, { method, path, status: res.statusCode, headers, body }));
      });
      Reflect.apply(target, self, [req, res, (error?: unknown) => {
        leave();
        next(error);
      }]);
    },
  });
}

/** Thrown where the answer is made, an error would be taken for one of the application. */
function faultsOf(contract: Contract, exchange: Exchange): string[] {
  try {
    return contract.faults(exchange);
  } catch (error) {
    return [`${exchange.method} ${exchange.path} cannot be checked: ${String(error)}`];
  }
}

/** Calls `listener` with the body once the answer is complete, unless what is returned was called before. */
function onAnswer(res: Response, listener: (body: string) => void): () => void {
  let isOurs = true;
  const chunks: Buffer[] = [];
  const keep = ([chunk, encoding]: readonly unknown[]): void => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const write = res.write.bind(res) as (...args: unknown[]) => boolean;
  const end = res.end.bind(res) as (...args: unknown[]) => Response;
  res.write = (...args: unknown[]) => {
    keep(args);
    return write(...args);
  };
  res.end = (...args: unknown[]) => {
    keep(args);
    // Before it goes out: whoever awaits the answer must find the verdict there.
    if (isOurs) listener(Buffer.concat(chunks).toString('utf8'));
    return end(...args);
  };
  return () => {
    isOurs = false;
  };
}
