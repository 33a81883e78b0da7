import { setTimeout as sleep } from 'node:timers/promises';
import { claimsIn, holder, isRefused, login, opens } from '../cast.js';
import type { Story } from '../story.js';

const ATTEMPTS = 20;

export async function sameSecond(story: Story): Promise<void> {
  story.chapter(
    'Sign out everywhere, and in again within the same second',
    'A token says in whole seconds when it was issued. If that were all, a revocation would either miss the tokens of its own second or refuse ' +
      'the new ones as well. So tokens carry their exact issue time too (iat_ms), and every revocation says from when on tokens are live again (reissueFrom).',
  );
  for (let attempt = 1; ; attempt += 1) {
    await untilSecondIsYoung();
    if (await withinOneSecond(story)) break;
    story.remark('(The second was over too soon to prove anything. Once more.)');
    if (attempt === ATTEMPTS) story.claim('One second is enough for a few requests.', false);
  }
}

/** True where all of it happened in one and the same second. */
async function withinOneSecond(story: Story): Promise<boolean> {
  const before = await login(story, 'alice', 'web', 'Alice signs in.');
  const { body } = await story.step({
    says: 'She signs out everywhere, and gets fresh tokens in the same answer, as after a change of password.',
    sends: 'POST /api/me/sign-out-everywhere',
    as: holder('alice', before.access),
    json: { password: 'alice-password' },
    status: 200,
    shows: ['access_token', 'refresh_token', 'revoked'],
  });
  const after = String(body['access_token']);
  const { epoch } = body['revoked'] as { readonly epoch: number };
  await isRefused(story, holder('alice, old token', before.access), 'The old token is dead.');
  await opens(story, holder('alice, new token', after), 'The new one is live.');

  const [old, fresh] = [claimsIn(before.access), claimsIn(after)];
  story.remark(`old token: iat ${String(old['iat'])}, iat_ms ${String(old['iat_ms'])}`);
  story.remark(`revoked:   everything up to      ${epoch}`);
  story.remark(`new token: iat ${String(fresh['iat'])}, iat_ms ${String(fresh['iat_ms'])}`);
  story.claim('Between the two lies the revocation.', Number(old['iat_ms']) <= epoch && epoch < Number(fresh['iat_ms']));
  if (old['iat'] !== fresh['iat']) return false;

  await story.step({
    says: 'The same with two requests: she ends everything.',
    sends: 'DELETE /api/v1/users/alice/sessions?oauthTokens=true',
    as: holder('alice', after),
    status: 204,
  });
  const again = await login(story, 'alice', 'web', 'And signs in again at once.');
  await isRefused(story, holder('alice, before', after), 'What was, is dead.');
  await opens(story, holder('alice, after', again.access), 'What is new, is live.');
  return true;
}

async function untilSecondIsYoung(): Promise<void> {
  const sinceMs = Date.now() % 1000;
  if (sinceMs > 100) await sleep(1000 - sinceMs);
}
