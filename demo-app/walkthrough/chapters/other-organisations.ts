import { claimsIn, client, FIRST_MERCHANT, holder, issue, key, login, opens } from '../cast.js';
import type { Story, Who } from '../story.js';

export async function otherOrganisations(story: Story): Promise<void> {
  story.chapter("What is none of one's business", 'Everybody below tries to revoke what is not theirs. Nobody may, and nobody learns what exists.');
  const alice = await login(story, 'alice', 'web', 'Alice signs in.');
  const software = await issue(story, key('merchant-key'), 'POST /tokens', ['orders:read'], 'Her merchant has a token issued for its software.');
  const bob = await login(story, 'bob', 'web', 'Bob signs in at the other merchant.');
  const other = await issue(story, key('other-key'), 'POST /tokens', ['admin'], 'An unrelated merchant has an administrator.');

  await forbiddenOrganisations(story, software.id);
  await story.step({
    says: 'An id counts inside its own organisation only. To the unrelated merchant it is one that never was.',
    sends: `POST /tokens/${software.id}/revoke`,
    as: key('other-key'),
    status: 404,
    has: { returnCode: '404' },
  });
  await othersSessions(story, alice.access, holder('bob', bob.access), holder('administrator of the unrelated merchant', other.token));
  await story.step({
    says: 'A client may revoke its own tokens. This one is of the client web.',
    sends: 'POST /oauth2/default/v1/revoke',
    as: client('mobile'),
    form: { token: alice.access },
    status: 400,
    has: { error: 'invalid_grant' },
  });
  await story.step({
    says: 'Nor may a client look into what is not its own.',
    sends: 'POST /oauth2/default/v1/introspect',
    as: client('mobile'),
    form: { token: alice.access },
    status: 200,
    has: { active: false },
  });
  await story.step({
    says: 'A merchant cannot give itself what only the partner may do.',
    sends: 'POST /tokens',
    as: key('merchant-key'),
    json: { scopes: ['bankadmin'], expiresIn: 600 },
    status: 403,
    has: { returnCode: '403' },
  });

  await opens(story, holder('alice', alice.access), 'After all of this Alice is still signed in.');
  await opens(story, holder('software of the merchant', software.token), 'And the software still works.');
}

async function forbiddenOrganisations(story: Story, tokenId: string): Promise<void> {
  const attempts: readonly (readonly [Who, string, string])[] = [
    [key('other-key'), `/organisations/${FIRST_MERCHANT}/tokens/revoke`, 'An unrelated merchant names the other one.'],
    [key('merchant-key'), '/organisations/8ow24y2pdx/tokens/revoke', 'A merchant names the partner above it.'],
    [key('merchant-key'), `/organisations/qj29q69mxn/tokens/${tokenId}/revoke`, 'A merchant names its sibling.'],
    [key('partner-key'), '/organisations/j29p3kpabx/tokens/revoke', 'The partner names a merchant that is not its own.'],
  ];
  for (const [as, path, says] of attempts) {
    await story.step({ says, sends: `POST ${path as `/${string}`}`, as, status: 403, has: { returnCode: '403' } });
  }
}

async function othersSessions(story: Story, token: string, bob: Who, admin: Who): Promise<void> {
  const session = String(claimsIn(token)['sid']);
  await story.step({ says: "Bob ends Alice's session: to him there is none.", sends: `DELETE /api/v1/sessions/${session}`, as: bob, status: 404 });
  await story.step({ says: 'Bob signs Alice out.', sends: 'DELETE /api/v1/users/alice/sessions?oauthTokens=true', as: bob, status: 403 });
  await story.step({
    says: 'The unrelated administrator signs her out: no user of theirs.',
    sends: 'DELETE /api/v1/users/alice/sessions?oauthTokens=true',
    as: admin,
    status: 404,
  });
  await story.step({ says: 'Or ends her session.', sends: `DELETE /api/v1/sessions/${session}`, as: admin, status: 404 });
}
