import { readFileSync } from 'node:fs';
import { createLiveTokens, InvalidTokenError, jwtVerifier, memoryStore, openApiDocument, requireLiveToken } from 'livetoken';
import express from 'express';
import jwt from 'jsonwebtoken';
import request from 'supertest';
import { createIssuer } from '../support/issuer.js';
import { codesIn, sectionsOf, type Entry } from './support/errors-page.js';
import { LIBRARY, sessionCodes, textsLike, unionOf, unionsNamed, warningsWithoutCode } from './support/source-codes.js';

const page = readFileSync(`${__dirname}/../../docs/errors.md`, 'utf8');
const sections = sectionsOf(page);

const entriesOf = (title: string): readonly Entry[] => sections.get(title) ?? [];
const codesOf = (title: string): readonly string[] => entriesOf(title).map(({ code }) => code).sort();
const statusesOf = (title: string): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(entriesOf(title).map(({ code, statuses }) => [code, statuses]));

/** Statuses by code, as the OpenAPI document has them, which every answer of the router is held against. */
const described = (tag: string): Readonly<Record<string, readonly number[]>> => codesIn(
  openApiDocument({
    oauth: { clients: [] },
    organisations: {},
    sessions: {},
    metadata: { oauth: { clients: [], issuer: 'https://id.example' }, endpointBase: 'https://id.example/auth' },
  }),
  tag,
);

describe('docs/errors.md', () => {
  it.each([
    ['Why a token is refused', 'RefusalReason'],
    ['Errors thrown', 'LivetokenErrorCode'],
    ['Answers of the OAuth endpoints', 'OAuthErrorCode'],
    ['Answers of the organisation endpoints', 'OrganisationErrorCode'],
    ['Warnings about Redis', 'StoreWarningCode'],
  ])('has a paragraph under "%s" for every %s, and for nothing else', (title, type) => {
    expect(codesOf(title)).toEqual([...unionOf(type)].sort());
  });

  it('has one for every code of the session endpoints, under the number that is sent, with its name', () => {
    const numbered = sessionCodes();
    expect(Object.keys(numbered).sort()).toEqual([...unionOf('SessionErrorCode')].sort());
    const title = 'Answers of the session endpoints';
    expect(codesOf(title)).toEqual(Object.values(numbered).sort());
    for (const [name, number] of Object.entries(numbered)) {
      expect(entriesOf(title).find(({ code }) => code === number)?.happened).toMatch(new RegExp(`^\`${name}\`: `));
    }
  });

  it('has one for every code of a warning of the process, and the library warns with nothing else', () => {
    expect(codesOf('Warnings of the process')).toEqual([...textsLike(/^LIVETOKEN_[A-Z_]+$/)].sort());
    expect(warningsWithoutCode()).toEqual([]);
  });

  it('leaves out no other list of codes that the library has', () => {
    const known = ['RefusalReason', 'LivetokenErrorCode', 'OAuthErrorCode', 'OrganisationErrorCode', 'SessionErrorCode', 'StoreWarningCode', 'BearerError'];
    expect([...unionsNamed(/(Code|Reason|Error|Problem|Warning)$/)].sort()).toEqual([...known].sort());
  });

  it.each([
    ['Answers of the OAuth endpoints', 'oauth'],
    ['Answers of the organisation endpoints', 'organisations'],
    ['Answers of the session endpoints', 'sessions'],
    ['Answers of public documents', 'metadata'],
  ])('says under "%s" with which statuses each is answered', (title, tag) => {
    expect(statusesOf(title)).toEqual(described(tag));
  });

  it('says what status each error has that is thrown', () => {
    const classes: Readonly<Record<string, { readonly code: string; readonly status: number }>> = LIBRARY.errors;
    expect(statusesOf('Errors thrown')).toEqual(Object.fromEntries(Object.values(classes).map(({ code, status }) => [code, [status]])));
  });

  it('says what the guard answers, and it answers nothing else', async () => {
    const issuer = createIssuer();
    const store = memoryStore();
    const live = createLiveTokens({ store, verify: issuer.verify, maxLifetime: 3600 });
    const api = express().use(requireLiveToken(live, { scope: 'orders:read' }), (_req, res) => { res.end(); });
    const answered = async (authorization?: string): Promise<[string, number[]]> => {
      const asked = authorization === undefined ? request(api).get('/') : request(api).get('/').set('Authorization', authorization);
      const { body, status } = await asked;
      return [String(body.error), [status]];
    };
    const answers = [
      await answered(),
      await answered('Bearer '),
      await answered('Bearer garbage'),
      await answered(`Bearer ${issuer.token({ scope: 'other' })}`),
    ];
    await live.close();
    answers.push(await answered(`Bearer ${issuer.token()}`));
    expect(statusesOf('Answers of the guard')).toEqual(Object.fromEntries(answers));
    expect([...unionOf('BearerError'), ...LIBRARY.guardBodies].sort()).toEqual(codesOf('Answers of the guard'));
  });

  it('is right that the smaller limit counts, where two may be set', async () => {
    const secret = 'a-secret-of-the-issuer-and-of-the-api-alone';
    const ago = Math.floor(Date.now() / 1000) - 60;
    const token = (claims: object) => jwt.sign({ jti: 'a', iat: ago, exp: ago + 600, ...claims }, secret);
    const verifier = (options: object) => jwtVerifier({ key: secret, algorithms: ['HS256'], allowAnyIssuer: true, allowAnyAudience: true, ...options });
    const reason = async (given: string, inLive: object, inVerifier: object): Promise<unknown> => {
      const verify = verifier(inVerifier);
      const live = createLiveTokens({ store: memoryStore(), verify, maxLifetime: 3600, ...inLive });
      const refusal = await live.authenticate(given).then(() => 'none', (error: unknown) => (error instanceof InvalidTokenError ? error.reason : error));
      await live.close();
      return refusal;
    };
    const [long, late] = [token({ groups: 'g'.repeat(9000) }), token({ exp: ago + 30 })];
    const [longer, later] = [{ maxTokenLength: 65_536 }, { clockToleranceMs: 60_000 }];
    expect(await Promise.all([reason(long, longer, {}), reason(long, {}, longer), reason(long, longer, longer)])).toEqual(['too_long', 'too_long', 'none']);
    expect(await Promise.all([reason(late, later, {}), reason(late, {}, later), reason(late, later, later)])).toEqual(['expired', 'expired', 'none']);
    const most = Number(/`jwtVerifier` takes up to ([\d,]+)/.exec(page)?.[1]?.replace(',', ''));
    expect(() => verifier({ maxTokenLength: most })).not.toThrow();
    expect(() => verifier({ maxTokenLength: most + 1 })).toThrow('maxTokenLength');
  });

  it('tells of each what happened, why, and what to do', () => {
    const all = [...sections.values()].flat();
    expect(all.length).toBeGreaterThan(60);
    for (const { code, happened, why, act } of all) {
      expect({ code, isComplete: [happened, why, act].every(text => text.length > 5) }).toEqual({ code, isComplete: true });
    }
  });

  it('has a link to every part of it', () => {
    const anchors = [...sections.keys()].map(title => `#${title.toLowerCase().replaceAll(' ', '-')}`);
    for (const anchor of anchors) expect(page).toContain(`(${anchor})`);
  });
});
