import { client, holder, issue, key, login, opens } from '../cast.js';
import type { Story } from '../story.js';

export async function usingTokens(story: Story): Promise<void> {
  story.chapter('Tokens, and what they open', 'First what everybody has: an issuer of signed tokens, and an API that checks signatures.');
  await story.step({ says: 'The demo is up, and says where it keeps what was revoked.', sends: 'GET /healthz', status: 200, has: { status: 'ok' } });

  const alice = await login(story, 'alice', 'web', 'Alice signs in: an access token for 15 minutes, and a refresh token to get the next one with.');
  await opens(story, holder('alice', alice.access), 'Her access token opens the API.');
  await story.step({
    says: 'What it says of her: the organisation it is for (org), her session (sid), and the grant that it shares with her refresh token.',
    sends: 'GET /api/me',
    as: holder('alice', alice.access),
    status: 200,
    has: { sub: 'alice', client_id: 'web', org: 'ybo8zd8j2q', orgs: ['8ow24y2pdx'] },
    shows: ['sid', 'grant_id'],
  });
  await story.step({ says: 'It may write as well.', sends: 'POST /api/orders', as: holder('alice', alice.access), json: { item: 'tea' }, status: 201, has: { item: 'tea' } });

  const reader = await issue(story, key('merchant-key'), 'POST /tokens', ['orders:read'], 'Her organisation has a token issued for its own software, which may only read.');
  await story.step({
    says: 'So writing is refused: 403, since the token is fine and only lacks the scope.',
    sends: 'POST /api/orders',
    as: holder('software of the merchant', reader.token),
    json: { item: 'tea' },
    status: 403,
    has: { error: 'insufficient_scope' },
  });

  await story.step({ says: 'Without a token there is no way in.', sends: 'GET /api/orders', status: 401, has: { error: 'unauthorized' } });
  await story.step({
    says: 'A resource server that does not know livetoken may ask whether a token is live (RFC 7662).',
    sends: 'POST /oauth2/default/v1/introspect',
    as: client('api'),
    form: { token: alice.access },
    status: 200,
    has: { active: true, sub: 'alice', client_id: 'web' },
  });
}
