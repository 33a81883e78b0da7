import { runWell } from './run.js';

const SAY = 'console.log(JSON.stringify(Object.keys(livetoken).filter(name => name !== "__esModule" && name !== "module.exports").sort()))';

/** What the package gives to `import` and to `require` in this project. */
export async function exportedNames(node: string, folder: string): Promise<{ readonly imported: unknown; readonly required: unknown }> {
  const say = async (type: string, load: string) =>
    JSON.parse(await runWell(node, [`--input-type=${type}`, '--eval', `${load}; ${SAY}`], { cwd: folder })) as unknown;
  return {
    imported: await say('module', 'import * as livetoken from "livetoken"'),
    required: await say('commonjs', 'const livetoken = require("livetoken")'),
  };
}
