/** `npm run screenshots`: takes the pictures of the web app in docs/images again, of a server with the sandbox and some history. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { call, resultOf, submit } from '../test/support/api.ts';
import { builtWeb } from '../test/support/built-web.ts';
import { startTestServer, type TestServer } from '../test/support/server.ts';
import { DESKTOP, launchBrowser, openPage, type PageOptions, PHONE } from '../test/support/web-app.ts';

const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url));

interface Screenshot extends Omit<PageOptions, 'path'> {
  /** With `:generation` for one that has two pictures. */
  path: string;
  /** docs/images/web-<name>.webp */
  name: string;
  /** Something that is there when the page is. */
  until: string;
}

const PLAYGROUND = '/models/google/nano-banana-2/text-to-image?request=:generation';

const SCREENSHOTS: Screenshot[] = [
  { name: 'explore', path: '/', until: 'h2' },
  { name: 'explore-dark', path: '/', theme: 'dark', until: 'h2' },
  { name: 'explore-phone', path: '/', viewport: PHONE, until: 'h2' },
  { name: 'playground', path: PLAYGROUND, until: 'main section li img' },
  { name: 'playground-dark', path: PLAYGROUND, theme: 'dark', until: 'main section li img' },
  {
    name: 'playground-phone',
    path: '/models/google/nano-banana-2/edit',
    viewport: PHONE,
    until: 'main form',
  },
  { name: 'generations', path: '/generations', until: 'main img' },
  { name: 'generations-dark', path: '/generations?view=list', theme: 'dark', until: 'main img' },
  { name: 'generations-phone', path: '/generations', viewport: PHONE, until: 'main img' },
  { name: 'generation', path: '/generations/:generation', until: 'main img' },
  { name: 'keys', path: '/keys', until: 'main table' },
  { name: 'usage', path: '/usage', until: 'main .recharts-bar-rectangle' },
  { name: 'usage-dark', path: '/usage?by=model', theme: 'dark', until: 'main .recharts-bar-rectangle' },
  { name: 'webhooks-dark', path: '/webhooks', theme: 'dark', until: 'main table' },
  { name: 'system-dark', path: '/system', theme: 'dark', until: 'main table' },
  { name: 'model-page', path: '/docs/models/google/nano-banana-2/edit', until: 'h2' },
  {
    name: 'model-page-phone',
    path: '/docs/models/google/nano-banana/pro/edit?lang=zh-TW',
    viewport: PHONE,
    theme: 'dark',
    until: 'h2',
  },
  { name: 'sign-in-dark', path: '/sign-in', key: null, theme: 'dark', until: 'form' },
];

const only = process.argv.slice(2);

await builtWeb();
{
  await using server = await startTestServer();
  await using stack = new AsyncDisposableStack();
  const browser = await launchBrowser();
  stack.defer(() => browser.close());
  const generation = await makeHistory(server);
  for (const { name, until, ...options } of SCREENSHOTS) {
    if (only.length > 0 && !only.some((word) => name.includes(word))) continue;
    const path = options.path.replace(':generation', generation);
    await using opened = await openPage(browser, server, { deviceScaleFactor: 2, ...options, path });
    const { page } = opened;
    await page.locator(until).first().waitFor();
    await page.waitForLoadState('networkidle');
    const png = await page.screenshot();
    const width = (options.viewport ?? DESKTOP).width * (options.viewport === PHONE ? 2 : 1.25);
    const webp = await sharp(png).resize({ width }).webp({ quality: 82, effort: 6 }).toBuffer();
    await writeFile(join(FOLDER, `web-${name}.webp`), webp);
    console.log(`docs/images/web-${name}.webp  ${Math.round(webp.length / 1000)} kB`);
  }
}

/** What pages with a past have to show. @returns one of them, with two pictures. */
async function makeHistory(server: TestServer): Promise<string> {
  const prompts = [
    'A lighthouse above the sea at night, rain',
    'A fox in the snow at dawn',
    'Futuristic glass greenhouse at dusk with glowing plants',
    'A portrait under neon lights in rainy Tokyo',
    'Mountains above a lake, sunset',
    'A city skyline at night [[sandbox:blocked]]',
  ];
  let two = '';
  for (const prompt of prompts) {
    const num_images = prompt.includes('fox') ? 2 : 1;
    const id = await submit(server, { prompt, num_images });
    await resultOf(server, id);
    if (num_images === 2) two = id;
  }
  await call(server, '/v1/keys', { json: { name: 'website', scopes: ['generate'], monthly_budget_usd: 20 } });
  const webhook = await call(server, '/v1/webhooks', {
    json: { url: 'https://shop.example/darkroom', description: 'The shop' },
  });
  await call(server, `/v1/webhooks/${webhook.body.id}/test`, { method: 'POST' });
  return two;
}
