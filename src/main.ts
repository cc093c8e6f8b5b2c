/** The command line. */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { allocateYoung } from './lib/young-objects.ts';

// What was compiled once is kept, which halves the time until a command does its work. In our own folder: that of the system is
// anybody's to write to. Where it cannot be written, nothing is kept.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/darkroom/compiled', import.meta.url)));

allocateYoung();
const { runProgram } = await import('./cli/program.ts');
await runProgram(process.argv.slice(2));
