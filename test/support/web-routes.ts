/** The addresses of the web app, read from where they are written. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEXT_TO_IMAGE } from './api.ts';
import { ROOT } from './command.ts';

/** Every path of src/web/routes.tsx, with something in the place of what varies. */
export function webRoutes(): string[] {
  const text = readFileSync(join(ROOT, 'src/web/routes.tsx'), 'utf8');
  return [...text.matchAll(/^ {2}path: '([^']+)'/gm)].map(([, path]) =>
    path!.replace(/\/\$$/, `/${TEXT_TO_IMAGE}`).replace(/\/\$\w+/, '/01890000-0000-7000-8000-000000000000'),
  );
}
