/** Calls and answers as they are shown, ready to be copied. */
import type { Model } from '../catalog/model.ts';
import { type Html, html } from './html.ts';
import type { PageTexts } from './texts.ts';

/** The variable that the examples take the key from. */
export const KEY_VARIABLE = 'DARKROOM_API_KEY';

export function codeBlock(code: string, t: PageTexts, label: string): Html {
  return html`<figure class="code"><figcaption>${label}</figcaption><button type="button" data-copy hidden data-copied="${t.copied}">${t.copy}</button><pre tabindex="0" aria-label="${label}"><code>${code}</code></pre></figure>`;
}

/** The input that the model's files give as an example: what is required. */
export function exampleInput({ inputSchema }: Pick<Model, 'inputSchema'>): Record<string, unknown> {
  return Object.fromEntries(
    inputSchema.required.map((name) => [name, inputSchema.properties[name]!.default ?? '']),
  );
}

/** Within single quotes of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const AUTHORIZATION = `--header "Authorization: Bearer $${KEY_VARIABLE}"`;

export const submitCall = (url: string, input: unknown): string =>
  [
    'curl --request POST',
    `--url ${url}`,
    '--header "Content-Type: application/json"',
    AUTHORIZATION,
    `--data ${quoted(JSON.stringify(input, null, 2).replaceAll('\n', '\n  '))}`,
  ].join(' \\\n  ');

export const plainCall = (method: 'GET' | 'POST', url: string): string =>
  [`curl --request ${method}`, `--url ${url}`, AUTHORIZATION].join(' \\\n  ');

export const uploadCall = (url: string): string =>
  ['curl --request POST', `--url ${url}`, AUTHORIZATION, '--form file=@picture.png'].join(' \\\n  ');

export const typescriptCall = (
  model: string,
  baseUrl: string,
  input: unknown,
): string => `import { Darkroom } from 'darkroom/client';

const darkroom = new Darkroom({ apiKey: process.env.${KEY_VARIABLE}, baseUrl: '${baseUrl}' });
const result = await darkroom.run('${model}', ${JSON.stringify(input, null, 2)});
console.log(result.output);`;

export const pythonCall = (url: string, input: unknown): string => `import json, os, time, urllib.request

def call(url, body=None):
    request = urllib.request.Request(url, data=body and json.dumps(body).encode(), headers={
        "Authorization": "Bearer " + os.environ["${KEY_VARIABLE}"], "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)

submitted = call("${url}", ${pythonLiteral(input)})
while call(submitted["status_url"] + "?wait=30")["status"] not in ("completed", "cancelled"):
    time.sleep(0.2)
print(call(submitted["result_url"]))`;

/** JSON is Python but for three words. */
function pythonLiteral(value: unknown, indent = ''): string {
  const inner = `${indent}    `;
  const lines = (items: string[]): string => `\n${inner}${items.join(`,\n${inner}`)},\n${indent}`;
  if (Array.isArray(value)) return `[${lines(value.map((item) => pythonLiteral(item, inner)))}]`;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const items = Object.entries(value).map(
    ([name, item]) => `${JSON.stringify(name)}: ${pythonLiteral(item, inner)}`,
  );
  return `{${lines(items)}}`;
}
