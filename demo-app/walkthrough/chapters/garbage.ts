import { client, holder, login, opens } from '../cast.js';
import type { Story } from '../story.js';

/** @param recorded how many revocations have been recorded so far, where the story can look into the store */
export async function garbage(story: Story, recorded: (() => Promise<number>) | undefined): Promise<void> {
  story.chapter('Garbage', 'Whoever sends things to /revoke learns nothing from the answer, and fills no store.');
  const alice = await login(story, 'alice', 'web', 'Alice signs in.');
  const before = await recorded?.();

  await send(story, 'garbage', 'This was never a token. The answer is the same as for a real one.');
  await send(story, `rt_${'A'.repeat(43)}`, 'A refresh token that somebody made up.');
  await send(story, forged(alice.access), "Alice's token with another signature: her token id, in the hands of somebody who cannot sign.");
  await send(story, unsigned(alice.access), 'And with none at all (alg none).');

  await opens(story, holder('alice', alice.access), 'Nothing of that has touched her token.');
  await story.step({
    says: 'To resource servers the forged one is no token.',
    sends: 'POST /oauth2/default/v1/introspect',
    as: client('api'),
    form: { token: forged(alice.access) },
    status: 200,
    has: { active: false },
  });
  if (recorded === undefined) story.remark('(A walkthrough that starts a demo of its own also looks into its audit log here: it has not grown.)');
  else story.claim('The audit log has not grown: nothing was written.', before === (await recorded()));
}

function send(story: Story, token: string, says: string): Promise<unknown> {
  return story.step({ says, sends: 'POST /oauth2/default/v1/revoke', as: client('web'), form: { token }, status: 200 });
}

function forged(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, Buffer.from(signature).reverse().toString()].join('.');
}

function unsigned(token: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
  return `${header}.${token.split('.')[1] ?? ''}.`;
}
