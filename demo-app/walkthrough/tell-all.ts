import { garbage } from './chapters/garbage.js';
import { organisations } from './chapters/organisations.js';
import { otherOrganisations } from './chapters/other-organisations.js';
import { revokingAToken } from './chapters/revoking-a-token.js';
import { sameSecond } from './chapters/same-second.js';
import { sessions } from './chapters/sessions.js';
import { usingTokens } from './chapters/using-tokens.js';
import { Story } from './story.js';

/**
 * @param recorded how many revocations have been recorded so far, where that can be known
 * @returns the number of steps
 * @throws StepFailed where something is not as told
 */
export async function tellAll(baseUrl: string, print: (line: string) => void, recorded?: () => Promise<number>): Promise<number> {
  const story = new Story(baseUrl, print);
  await usingTokens(story);
  await revokingAToken(story);
  await organisations(story);
  await sessions(story);
  await sameSecond(story);
  await otherOrganisations(story);
  await garbage(story, recorded);
  return story.steps;
}
