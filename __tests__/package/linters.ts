import { readFile } from 'node:fs/promises';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import type { Tarball } from './tarball.js';

/** What publint and arethetypeswrong have to say: whether every file is found by every kind of importer, with the types that fit it. */
export async function problemsOf({ file }: Tarball): Promise<readonly string[]> {
  const data = new Uint8Array(await readFile(file));
  return [...await publintProblems(data), ...await typeProblems(data)];
}

async function publintProblems(data: Uint8Array<ArrayBuffer>): Promise<readonly string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: data.buffer }, strict: true });
  return messages.map(message => `publint: ${formatMessage(message, pkg) ?? message.code}`);
}

async function typeProblems(data: Uint8Array): Promise<readonly string[]> {
  const analysis = await checkPackage(createPackageFromTarballData(data));
  if (analysis.types === false) return ['arethetypeswrong: there are no types.'];
  return analysis.problems.map(problem => `arethetypeswrong: ${JSON.stringify(problem)}`);
}
