import { publicAnswers } from './public-answers.js';
import type { ApiGroup, Operation, Schema } from './parts.js';

/** The document itself, described. */
export function descriptionApi(path: string): ApiGroup {
  const operation = (operationId: string): Operation => ({
    operationId,
    tags: ['description'],
    summary: 'This document',
    security: [{}],
    responses: publicAnswers('The document.', DOCUMENT),
  });
  return {
    tag: { name: 'description', description: 'What there is.' },
    paths: { [path]: { get: operation('describe'), head: operation('describeHead') } },
    schemas: {},
    securitySchemes: {},
  };
}

const DOCUMENT: Schema = {
  type: 'object',
  required: ['openapi', 'info', 'paths'],
  properties: { openapi: { type: 'string', pattern: '^3\\.1\\.' }, info: { type: 'object' }, paths: { type: 'object' } },
};
