/**
 * The fake ComfyUI is what clients of the real one expect: a client written after ComfyUI's own
 * script_examples/websockets_api_example.py and basic_api_example.py, which knows nothing of ours, runs against it.
 */
import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ComfyUiFake, startComfyUiFake } from './fakes/comfyui.ts';

// biome-ignore lint/suspicious/noExplicitAny: as loose as the example is
type Loose = any;

/** The example's workflow, with its own text and seed put in. */
function examplePrompt(): Loose {
  return {
    '3': {
      class_type: 'KSampler',
      inputs: {
        cfg: 8,
        denoise: 1,
        latent_image: ['5', 0],
        model: ['4', 0],
        negative: ['7', 0],
        positive: ['6', 0],
        sampler_name: 'euler',
        scheduler: 'normal',
        seed: 5,
        steps: 20,
      },
    },
    '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'v1-5-pruned-emaonly.safetensors' } },
    '5': { class_type: 'EmptyLatentImage', inputs: { batch_size: 1, height: 512, width: 512 } },
    '6': { class_type: 'CLIPTextEncode', inputs: { clip: ['4', 1], text: 'masterpiece best quality man' } },
    '7': { class_type: 'CLIPTextEncode', inputs: { clip: ['4', 1], text: 'bad hands' } },
    '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
    '9': { class_type: 'SaveImage', inputs: { filename_prefix: 'ComfyUI', images: ['8', 0] } },
  };
}

/** The example, function by function. */
class ExampleClient {
  readonly #address: string;
  readonly #clientId = randomUUID();
  /** Texts as they came; previews as Buffers. */
  readonly messages: (string | Buffer)[] = [];
  readonly #ws: WebSocket;

  private constructor(address: string) {
    this.#address = address;
    this.#ws = new WebSocket(`ws://${address}/ws?clientId=${this.#clientId}`);
  }

  static async connect(url: string): Promise<ExampleClient> {
    const client = new ExampleClient(new URL(url).host);
    client.#ws.on('message', (data: Buffer, isBinary) =>
      client.messages.push(isBinary ? data : data.toString()),
    );
    await new Promise((resolve) => client.#ws.once('open', resolve));
    return client;
  }

  async queuePrompt(prompt: Loose): Promise<Loose> {
    const body = JSON.stringify({ prompt, client_id: this.#clientId });
    // urllib sends it as a form unless told otherwise, and the server reads it as JSON all the same.
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(`http://${this.#address}/prompt`, { method: 'POST', body, headers });
    return await response.json();
  }

  async getImage(filename: string, subfolder: string, type: string): Promise<Buffer> {
    const query = new URLSearchParams({ filename, subfolder, type });
    const response = await fetch(`http://${this.#address}/view?${query}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async getHistory(promptId: string): Promise<Loose> {
    return await (await fetch(`http://${this.#address}/history/${promptId}`)).json();
  }

  async getImages(prompt: Loose): Promise<Record<string, Buffer[]>> {
    const { prompt_id } = await this.queuePrompt(prompt);
    for (let at = 0; ; at++) {
      while (at >= this.messages.length) await new Promise((resolve) => this.#ws.once('message', resolve));
      const out = this.messages[at]!;
      if (typeof out !== 'string') continue;
      const { type, data } = JSON.parse(out);
      if (type === 'executing' && data.node === null && data.prompt_id === prompt_id) break;
    }
    const history = (await this.getHistory(prompt_id))[prompt_id];
    const images: Record<string, Buffer[]> = {};
    for (const [node, output] of Object.entries<Loose>(history.outputs)) {
      images[node] = [];
      for (const image of output.images ?? [])
        images[node].push(await this.getImage(image.filename, image.subfolder, image.type));
    }
    return images;
  }

  close(): void {
    this.#ws.close();
  }
}

let fake: ComfyUiFake;
let client: ExampleClient;
afterEach(async () => {
  client.close();
  await fake[Symbol.asyncDispose]();
});

async function start(version: 'new' | 'old'): Promise<void> {
  fake = await startComfyUiFake({ version });
  client = await ExampleClient.connect(fake.url);
}

describe.each(['new', 'old'] as const)('on a server of the %s kind', (version) => {
  test('the example of ComfyUI gets its picture, and is told of the progress', async () => {
    await start(version);
    const images = await client.getImages(examplePrompt());
    expect(Object.keys(images)).toEqual(['9']);
    expect(await sharp(images['9']![0]).metadata()).toMatchObject({ format: 'png', width: 512, height: 512 });
    const types = client.messages
      .filter((message) => typeof message === 'string')
      .map((m) => JSON.parse(m).type);
    const told = ['status', 'execution_start', 'execution_cached', 'executing', 'progress', 'executed'];
    expect(types).toEqual(expect.arrayContaining([...told, 'execution_success']));
    expect(types.includes('progress_state')).toBe(version === 'new');
    expect(client.messages.some((message) => typeof message !== 'string')).toBe(true);
    expect([fake.posted.length, fake.worker.executed]).toEqual([1, 1]);
  });

  test('the same graph once more is all in the cache: nothing is executed and the old file is named', async () => {
    await start(version);
    const first = await client.getImages(examplePrompt());
    client.messages.length = 0;
    expect(await client.getImages(examplePrompt())).toEqual(first);
    expect([fake.posted.length, fake.worker.executed]).toEqual([2, 1]);
    expect(client.messages.filter((message) => String(message).includes('"progress"'))).toEqual([]);
  });

  test('an unfinished prompt has no history yet', async () => {
    await start(version);
    fake.worker.holding = true;
    const held = new Promise((resolve) => fake.worker.once('held', resolve));
    const { prompt_id, number, node_errors } = await client.queuePrompt(examplePrompt());
    expect([number, node_errors]).toEqual([0, {}]);
    await held;
    expect(await client.getHistory(prompt_id)).toEqual({});
    fake.worker.proceed();
  });

  test('a prompt that cannot run is refused with what is wrong of which node', async () => {
    await start(version);
    const prompt = examplePrompt();
    prompt['4'].inputs.ckpt_name = 'v1-5-pruned-emaonly.ckpt';
    prompt['5'].inputs.width = 4;
    delete prompt['6'].inputs.text;
    const { error, node_errors } = await client.queuePrompt(prompt);
    expect(error.type).toBe('prompt_outputs_failed_validation');
    expect(
      Object.values<Loose>(node_errors).map(({ class_type, errors }) => [class_type, errors[0].type]),
    ).toEqual([
      ['CheckpointLoaderSimple', 'value_not_in_list'],
      ['EmptyLatentImage', 'value_smaller_than_min'],
      ['CLIPTextEncode', 'required_input_missing'],
    ]);
    expect((await client.queuePrompt({ '1': { class_type: 'Nonsense', inputs: {} } })).error.type).toBe(
      'missing_node_type',
    );
    expect(fake.posted).toEqual([]);
  });
});

test('the classes of the example workflows are described in both manners', async () => {
  await start('new');
  const newer: Loose = await (await fetch(`${fake.url}/object_info/UNETLoader`)).json();
  expect(newer.UNETLoader.input.required.unet_name[0]).toBe('COMBO');
  expect(newer.UNETLoader.input.required.unet_name[1].options).toContain('z_image_turbo_bf16.safetensors');
  await fake[Symbol.asyncDispose]();
  await start('old');
  const older: Loose = await (await fetch(`${fake.url}/object_info/UNETLoader`)).json();
  expect(older.UNETLoader.input.required.unet_name[0]).toContain('z_image_turbo_bf16.safetensors');
  expect(await (await fetch(`${fake.url}/object_info/Nonsense`)).json()).toEqual({});
});

test('an upload under a name that is taken gets another, unless it is the same file', async () => {
  await start('new');
  const upload = async (text: string): Promise<string> => {
    const form = new FormData();
    form.set('image', new File([text], 'a.png'));
    const answer = await fetch(`${fake.url}/upload/image`, { method: 'POST', body: form });
    return ((await answer.json()) as Loose).name;
  };
  expect([await upload('one'), await upload('two'), await upload('one')]).toEqual([
    'a.png',
    'a (1).png',
    'a.png',
  ]);
});
