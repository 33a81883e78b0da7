/**
 * What processes that tests start get when they import `livetoken`: the same as the tests themselves. There is no test here to
 * fail, so the process ends, with a code of its own, when it has given an answer that the OpenAPI document does not allow.
 */
import { takeUndescribed } from '../described-answers.js';

export * from '../livetoken.js';

const UNDESCRIBED_EXIT_CODE = 70;

function endOnUndescribed(): void {
  const faults = takeUndescribed();
  if (faults.length === 0) return;
  process.stderr.write(`Answers that the OpenAPI document does not describe:\n${faults.join('\n')}\n`);
  process.exit(UNDESCRIBED_EXIT_CODE);
}

setInterval(endOnUndescribed, 20).unref();
process.on('exit', endOnUndescribed);
