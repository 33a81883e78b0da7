// Lints texts as if they were files of the project, and prints the rules that each one breaks.
// A program of its own, because jest's sandbox has no dynamic import and eslint.config.js is an ES module.
//
// stdin: [{ filePath, text }]   stdout: [[ruleId]]

import process from 'node:process';
import { json } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const judged = new Set(['@typescript-eslint/no-restricted-imports', 'no-restricted-syntax']);

const eslint = new ESLint({
  // The files do not exist, so they have no types either.
  overrideConfig: tseslint.configs.disableTypeChecked,
  ruleFilter: ({ ruleId }) => judged.has(ruleId),
});

async function brokenRules({ filePath, text }) {
  const [result] = await eslint.lintText(text, { filePath });
  return result.messages.map(({ ruleId, message }) => ruleId ?? message);
}

const texts = await json(process.stdin);
process.stdout.write(JSON.stringify(await Promise.all(texts.map(brokenRules))));
