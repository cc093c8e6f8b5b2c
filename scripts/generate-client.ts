/** Writes src/client/catalogue.ts, the types of the bundled models; with `--check`, says whether it is current instead. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadModels } from '../src/catalog/bundled.ts';
import { describedModels } from '../src/cli/described-models.ts';
import { writeModelTypes } from '../src/cli/write-model-types.ts';

const FILE = fileURLToPath(new URL('../src/client/catalogue.ts', import.meta.url));

const { inputs, members, named } = writeModelTypes(describedModels(await loadModels(undefined)));
const imports = Object.entries({ ImageInput: 'sources', 'ImageOutput, VideoOutput': 'types' })
  .filter(([names]) => names.split(', ').every((name) => named.includes(name)))
  .map(([names, file]) => `import type { ${names} } from './${file}.ts';`);
const text = `/** Made by \`npm run generate:client\` from the models of models/: do not edit. */
${imports.join('\n')}

${inputs}
export interface CatalogueModels {
  ${members.join('\n  ')}
}
`;

if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    process.stderr.write('src/client/catalogue.ts is not what models/ says: npm run generate:client\n');
    process.exitCode = 1;
  }
} else writeFileSync(FILE, text);
