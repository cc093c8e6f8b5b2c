/** The call that the form makes, as programs. Each runs as it stands, with the key in DARKROOM_API_KEY. */
import type { Input } from '../input.ts';

export interface Call {
  baseUrl: string;
  modelId: string;
  input: Input;
}

/** For sh: submits, holds on until it has ended, and shows the result. */
export function writeCurl({ baseUrl, modelId, input }: Call): string {
  const json = JSON.stringify(input, null, 2).replaceAll("'", String.raw`'\''`);
  return `REQUEST_ID=$(curl --silent --request POST "${baseUrl}/v1/models/${modelId}" \\
  --header "Content-Type: application/json" \\
  --header "Authorization: Bearer $DARKROOM_API_KEY" \\
  --data '${indent(json)}' | tee /dev/stderr | cut -d'"' -f4)

# Tells how it goes on, until it has ended.
curl --silent --no-buffer "${baseUrl}/v1/requests/$REQUEST_ID/events" \\
  --header "Authorization: Bearer $DARKROOM_API_KEY"

curl --silent "${baseUrl}/v1/requests/$REQUEST_ID/result" \\
  --header "Authorization: Bearer $DARKROOM_API_KEY"
`;
}

/** For Node, Bun, Deno with the SDK: docs/sdk.md. */
export function writeTypeScript({ baseUrl, modelId, input }: Call): string {
  return `import { Darkroom, outputUrls } from 'darkroom/client';

// The key is in DARKROOM_API_KEY.
const darkroom = new Darkroom({ baseUrl: ${jsText(baseUrl)} });

const result = await darkroom.run(${jsText(modelId)}, ${jsLiteral(input)});
console.log(outputUrls(result));
`;
}

/** For Python 3 as it comes, with nothing to install. */
export function writePython({ baseUrl, modelId, input }: Call): string {
  return `import json
import os
import urllib.request

BASE_URL = ${JSON.stringify(baseUrl)}


def call(path, body=None):
    request = urllib.request.Request(
        BASE_URL + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['DARKROOM_API_KEY']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


submitted = call(${JSON.stringify(`/v1/models/${modelId}`)}, ${pythonLiteral(input)})
request = "/v1/requests/" + submitted["request_id"]
while call(request + "/status?wait=30")["status"] not in ("completed", "cancelled"):
    pass  # The server holds the answer until it changes.

result = call(request + "/result")
print(result.get("output") or result.get("error"))
`;
}

/** All lines but the first, one level deeper. */
const indent = (text: string): string => text.replaceAll('\n', '\n  ');

function jsLiteral(value: unknown, depth = 0): string {
  const pad = '  '.repeat(depth + 1);
  const end = `\n${'  '.repeat(depth)}`;
  if (typeof value === 'string') return jsText(value);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => `${pad}${jsLiteral(item, depth + 1)},\n`).join('')}${'  '.repeat(depth)}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value);
    if (fields.length === 0) return '{}';
    return `{${fields.map(([name, item]) => `\n${pad}${name}: ${jsLiteral(item, depth + 1)},`).join('')}${end}}`;
  }
  return JSON.stringify(value);
}

/** In single quotes, as people write them; names of fields are plain words (docs/models.md). */
const jsText = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll(String.raw`\"`, '"').replaceAll("'", String.raw`\'`)}'`;

function pythonLiteral(value: unknown, depth = 0): string {
  const pad = '    '.repeat(depth + 1);
  const end = '    '.repeat(depth);
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === null) return 'None';
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => `${pad}${pythonLiteral(item, depth + 1)},\n`).join('')}${end}]`;
  }
  if (typeof value === 'object') {
    const fields = Object.entries(value);
    if (fields.length === 0) return '{}';
    return `{\n${fields.map(([name, item]) => `${pad}"${name}": ${pythonLiteral(item, depth + 1)},\n`).join('')}${end}}`;
  }
  // Strings of JSON are strings of Python.
  return JSON.stringify(value);
}
