import type { Authenticate } from '../callers/caller.js';
import type { Schema, SecurityRequirement } from './parts.js';

export const ACCESS_TOKEN = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A live access token (RFC 6750).' };
const API_KEY = { type: 'http', scheme: 'basic', description: 'An API key: its id and its secret (RFC 7617).' };

interface CallerSecurity {
  readonly security: readonly SecurityRequirement[];
  readonly securitySchemes: Readonly<Record<string, Schema>>;
}

/** How callers of the organisation and session endpoints prove who they are. What a function of one's own takes cannot be seen: both. */
export function callerSecurity(authenticate: Authenticate | undefined): CallerSecurity {
  if (authenticate === undefined) return { security: [{ accessToken: [] }], securitySchemes: { accessToken: ACCESS_TOKEN } };
  return { security: [{ accessToken: [] }, { apiKey: [] }], securitySchemes: { accessToken: ACCESS_TOKEN, apiKey: API_KEY } };
}

/** The challenges of these endpoints, as regular expressions. */
export function accessToken(realm: string): string {
  return `Bearer realm="${realm}"`;
}

export function apiKey(realm: string): string {
  return `Basic realm="${realm}", charset="UTF-8"`;
}
