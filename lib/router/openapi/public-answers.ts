import { PUBLIC_CACHING } from '../public-document.js';
import { allow, answer, closed, constant, header, text, type Operation, type Schema } from './parts.js';

const OPEN = { 'Access-Control-Allow-Origin': header('Pages of every origin may read it.', constant('*')) };
const CACHED = { ...OPEN, 'Cache-Control': header('It may be kept for a while.', constant(PUBLIC_CACHING)) };
const WRONG_METHOD = closed({ error: constant('invalid_request'), error_description: text('What is wrong.') });

/** The answers of a document that anybody may read. */
export function publicAnswers(description: string, body: Schema): Operation['responses'] {
  return {
    200: answer(description, body, CACHED),
    304: { description: 'It is as it was (RFC 9110 section 13).', headers: CACHED },
    405: answer('Another method than GET and HEAD.', WRONG_METHOD, { ...OPEN, ...allow('GET, HEAD') }),
  };
}
