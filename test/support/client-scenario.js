/**
 * What a program does with the client, as plain JavaScript that every runtime takes: old versions of Node and browsers run it
 * as it is. `connection` is bad: whoever starts this makes it lose answers.
 * @returns what came of it, the same everywhere
 */
export async function scenario(sdk, { baseUrl, apiKey }) {
  const darkroom = new sdk.Darkroom({ baseUrl, apiKey });
  const TEXT_TO_IMAGE = 'google/nano-banana-2/text-to-image';
  const EDIT = 'google/nano-banana-2/edit';
  const errorOf = (promise) =>
    promise.then(
      () => undefined,
      (error) => error,
    );
  const seen = {};

  const updates = [];
  const result = await darkroom.run(
    TEXT_TO_IMAGE,
    { prompt: 'a fox', num_images: 2, resolution: '0.5K' },
    { onUpdate: (update) => updates.push(update), includeCost: true },
  );
  seen.run = { status: result.status, images: sdk.outputUrls(result).length, cost: result.cost };
  seen.outputs = updates.flatMap((update) => (update.type === 'output' ? [update.index] : [])).sort();
  seen.last = updates.at(-1).status;

  const picture = await (await fetch(sdk.outputUrls(result)[0])).blob();
  const progress = [];
  const upload = await darkroom.files.upload(picture, {
    filename: 'fox.png',
    onProgress: ({ loaded, total }) => progress.push(loaded / total),
  });
  seen.upload = {
    name: upload.name,
    type: upload.content_type,
    whole: upload.bytes === picture.size,
    progress: progress.at(-1),
  };

  const bytes = new Uint8Array(await picture.arrayBuffer());
  const image_urls = [picture, bytes, picture.stream(), new File([bytes], 'again.png'), upload.url];
  const edited = await darkroom.run(EDIT, { prompt: 'at night', image_urls, resolution: '0.5K' });
  seen.edit = Object.keys(edited.output);
  const { requests } = await darkroom.requests.list({ limit: 1 });
  seen.inputs = requests[0].input.image_urls.length;
  seen.files = (await darkroom.files.list()).files.map(({ name }) => name).sort();

  const failed = await errorOf(
    darkroom.run(TEXT_TO_IMAGE, { prompt: 'no [[sandbox:blocked]]', resolution: '0.5K' }),
  );
  seen.failed = [failed instanceof sdk.RequestFailedError, failed.code];
  const invalid = await errorOf(darkroom.submit(TEXT_TO_IMAGE, { num_images: 9 }));
  seen.invalid = [invalid instanceof sdk.ValidationError, invalid.name, Object.keys(invalid.fields).sort()];

  const endless = await darkroom.submit(TEXT_TO_IMAGE, {
    prompt: '[[sandbox:hang]] endless',
    resolution: '0.5K',
  });
  for await (const update of darkroom.subscribe(endless.request_id))
    if (update.status === 'in_progress') break;
  // The account runs one at a time: whatever comes now waits.
  const controller = new AbortController();
  let waiting;
  const aborted = await errorOf(
    darkroom.run(
      TEXT_TO_IMAGE,
      { prompt: 'late' },
      {
        signal: controller.signal,
        onUpdate(update) {
          waiting = update.request_id;
          controller.abort();
        },
      },
    ),
  );
  seen.aborted = [aborted.name, (await darkroom.status(waiting)).status];
  const late = await errorOf(darkroom.run(TEXT_TO_IMAGE, { prompt: 'late' }, { timeout: 200 }));
  seen.late = [late instanceof sdk.TimeoutError, (await darkroom.status(late.requestId)).status];
  const nobody = await errorOf(
    new sdk.Darkroom({ baseUrl: 'http://127.0.0.1:9', apiKey, maxRetries: 0 }).account(),
  );
  seen.nobody = nobody instanceof sdk.ConnectionError;

  let total = 0;
  for await (const request of darkroom.requests.list({ limit: 2 })) total += request.request_id ? 1 : 0;
  seen.total = total;
  return seen;
}
