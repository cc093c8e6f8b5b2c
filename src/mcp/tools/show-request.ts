/** A request as an answer, with its pictures. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { type CompletedResult, outputUrls } from '../../client/index.ts';
import type { Call, ToolContext } from '../context.ts';
import { describeRequest, fromResult } from '../model-request.ts';
import { previews } from '../preview.ts';
import type { ModelRequest } from '../schemas.ts';
import { answer } from './answer.ts';

/** Pictures as pictures, videos as links, and all about them as text and data. */
export async function showResult(
  { fetch, undelivered }: ToolContext,
  result: CompletedResult,
  { signal }: Pick<Call, 'signal'>,
): Promise<CallToolResult> {
  const request = fromResult(result);
  const urls = outputUrls(result);
  const pictures = urls.filter((_, index) => request.outputs[index]!.type === 'image');
  const videos = request.outputs.filter(({ type }) => type === 'video');
  const { content, note } = await previews(fetch, pictures, signal);
  const shown = showRequest(request, note);
  // From here on the caller has it.
  undelivered.delivered(request.request_id);
  const links = videos.flatMap(({ url, content_type }, index): CallToolResult['content'] =>
    url === undefined
      ? []
      : [
          {
            type: 'resource_link',
            uri: url,
            name: `video ${index + 1}`,
            ...(content_type !== undefined && { mimeType: content_type }),
          },
        ],
  );
  return { ...shown, content: [...content, ...links, ...shown.content] };
}

/** Without pictures: what is known about it now. */
export const showRequest = (request: ModelRequest, note?: string): CallToolResult =>
  answer({ ...request }, [describeRequest(request), ...(note ? [note] : [])].join('\n'));
