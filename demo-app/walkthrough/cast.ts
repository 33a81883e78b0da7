import { API_KEYS, CLIENTS } from '../seed.js';
import type { Answer, Step, Story, Who } from './story.js';

/** The organisations, by what the story calls them. */
export const FIRST_MERCHANT = 'ybo8zd8j2q';
export const SECOND_MERCHANT = 'qj29q69mxn';

function basic(kind: string, id: string, holders: readonly { readonly id: string; readonly secret?: string | readonly string[] }[]): Who {
  const secret = String(holders.find(each => each.id === id)?.secret);
  return { name: `${kind} ${id}`, authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

export const client = (id: 'web' | 'mobile' | 'api'): Who => basic('OAuth client', id, CLIENTS);
export const key = (id: 'partner-key' | 'merchant-key' | 'other-key'): Who => basic('API key', id, API_KEYS);
export const holder = (name: string, token: string): Who => ({ name, authorization: `Bearer ${token}` });

export interface Login {
  readonly access: string;
  readonly refresh: string;
}

export type UserName = 'alice' | 'bob';

export async function login(story: Story, user: UserName, through: 'web' | 'mobile' | 'spa', says: string): Promise<Login> {
  const form = { grant_type: 'password', username: user, password: `${user}-password` };
  const { body } = await story.step({
    says,
    sends: 'POST /oauth2/default/v1/token',
    // A public client has no secret to prove itself with: it says its name.
    ...(through === 'spa' ? { form: { ...form, client_id: 'spa' } } : { as: client(through), form }),
    status: 200,
    has: { token_type: 'Bearer' },
    shows: ['access_token', 'expires_in', 'refresh_token'],
  });
  return { access: String(body['access_token']), refresh: String(body['refresh_token']) };
}

export async function refresh(story: Story, { refresh: token }: Login, says: string): Promise<Login> {
  const form = { grant_type: 'refresh_token', refresh_token: token };
  const shows = ['access_token', 'expires_in', 'refresh_token'];
  const { body } = await story.step({ says, sends: 'POST /oauth2/default/v1/token', as: client('web'), form, status: 200, shows });
  return { access: String(body['access_token']), refresh: String(body['refresh_token']) };
}

export function refuseRefresh(story: Story, { refresh: token }: Login, says: string): Promise<Answer> {
  const form = { grant_type: 'refresh_token', refresh_token: token };
  return story.step({ says, sends: 'POST /oauth2/default/v1/token', as: client('web'), form, status: 400, has: { error: 'invalid_grant' } });
}

/** A token for an organisation, issued by API key. */
export async function issue(story: Story, as: Who, sends: Step['sends'], scopes: readonly string[], says: string): Promise<{ readonly token: string; readonly id: string }> {
  const json = { scopes, expiresIn: 600 };
  const { body } = await story.step({ says, sends, as, json, status: 201, has: { status: 'ACTIVE' }, shows: ['id', 'scopes', 'accessToken'] });
  return { token: String(body['accessToken']), id: String(body['id']) };
}

export function opens(story: Story, who: Who, says: string): Promise<Answer> {
  return story.step({ says, sends: 'GET /api/orders', as: who, status: 200 });
}

export function isRefused(story: Story, who: Who, says: string): Promise<Answer> {
  return story.step({ says, sends: 'GET /api/orders', as: who, status: 401, has: { error: 'invalid_token', reason: 'revoked' } });
}

/** What a token says, unverified: for the reader's eyes only. */
export function claimsIn(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Readonly<Record<string, unknown>>;
}
