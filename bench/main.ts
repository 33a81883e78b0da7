import { mkdirSync, writeFileSync } from 'node:fs';
import { fanOut } from './fan-out/part.js';
import { describeEnvironment, environment } from './harness/environment.js';
import type { Part } from './harness/part.js';
import { render } from './harness/report.js';
import { parseSettings, USAGE, type Settings } from './harness/settings.js';
import { http } from './http/part.js';
import { memory } from './memory/part.js';
import { micro } from './micro/part.js';
import { propagation } from './propagation/part.js';
import { sync } from './sync/part.js';
import { writes } from './writes/part.js';

const PARTS: readonly Part[] = [micro, http, propagation, sync, memory, writes, fanOut];

const RESULTS = new URL('./results/', import.meta.url);

async function main(): Promise<void> {
  const { settings, wanted } = commandLine(process.argv.slice(2));
  const where = environment();
  console.log(describeEnvironment(where).map(line => (settings.markdown ? `- ${line}` : line)).join('\n'));
  for (const part of wanted) {
    const { tables, data } = await part.run(settings);
    for (const table of tables) console.log(render(table, settings.markdown));
    mkdirSync(RESULTS, { recursive: true });
    const { secondsPerSide, sliceMs, instances, patience } = settings;
    const result = { part: part.name, ...where, settings: { secondsPerSide, sliceMs, instances, patience }, figures: data };
    writeFileSync(new URL(`${part.name}.json`, RESULTS), `${JSON.stringify(result, null, 2)}\n`);
  }
}

/** Whoever gets it wrong is told what there is. */
function commandLine(args: readonly string[]): { settings: Settings; wanted: readonly Part[] } {
  try {
    const settings = parseSettings(args);
    return { settings, wanted: chosen(settings) };
  } catch (error) {
    const parts = PARTS.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join('\n');
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n\nParts:\n\n${parts}`);
    process.exit(2);
  }
}

function chosen({ parts }: Settings): readonly Part[] {
  const unknown = parts.find(name => !PARTS.some(part => part.name === name));
  if (unknown !== undefined) throw new TypeError(`There is no part ${unknown}.`);
  return parts.length === 0 ? PARTS : PARTS.filter(({ name }) => parts.includes(name));
}

// `exit` handlers end what was started; without these the first Ctrl-C would skip them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
