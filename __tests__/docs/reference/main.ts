// Writes docs/options.md from the types: npm run docs:options

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readSurface } from './read-surface.js';
import { optionsPage } from './write-page.js';

await writeFile(path.join(import.meta.dirname, '../../../docs/options.md'), optionsPage(readSurface()));
