import { takeUndescribed } from './described-answers.js';

function failOnUndescribed(): void {
  const faults = takeUndescribed();
  if (faults.length > 0) throw new Error(`Answers that the OpenAPI document does not describe:\n${faults.join('\n')}`);
}

afterEach(failOnUndescribed);
// What was answered between tests, or after the last one.
afterAll(failOnUndescribed);
