/**
 * `npm run simulate`: what more load than one machine can make here would need, from what a request costs (`npm run bench:scale`). With
 * `--write` the tables of the pages about it are written anew.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { readMeasured } from './simulation/measured.ts';
import { fillTables, PAGES, tablesOf } from './simulation/pages.ts';

const measured = await readMeasured();
if (process.argv.includes('--write'))
  for (const page of PAGES) await writeFile(page, fillTables(await readFile(page, 'utf8'), measured));
else for (const [name, text] of Object.entries(tablesOf(measured))) console.log(`${name}\n\n${text}\n`);
