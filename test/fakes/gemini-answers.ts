/** What Gemini answers, as it was recorded, retyped and made small. */
import type { GeminiCall } from './gemini.ts';
import { picture, pictureSize } from './gemini-pictures.ts';

export interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** A picture was made: Google charges for it, whether it arrives or not. */
  paid?: boolean;
  fault?: 'never' | 'reset-before' | 'reset-in-body' | 'cut-body' | { endlessBytes: number };
  delayMs?: number;
}

export type Answer = (call: GeminiCall) => Reply | Promise<Reply>;

export interface ImageAnswer {
  /** Final pictures. */
  images?: number;
  drafts?: number;
  text?: string;
  format?: 'jpeg' | 'png';
  signatureBytes?: number;
  usage?: Record<string, unknown> | null;
  finishReason?: string;
}

const RPC = 'type.googleapis.com/google.rpc.';
const IMAGE_TOKENS: Record<string, number> = { '512': 747, '1K': 1120, '2K': 1680, '4K': 2520 };

/** Pictures of the size that was asked for, drafts before them, a signature on the last. */
export function images({
  images: count = 1,
  drafts = 0,
  text,
  format = 'jpeg',
  signatureBytes = 0,
  usage,
  finishReason = 'STOP',
}: ImageAnswer = {}): Answer {
  return async (call) => {
    const { aspectRatio, imageSize = '1K' } = call.body.generationConfig?.imageConfig ?? {};
    const { width, height } = pictureSize(aspectRatio, imageSize);
    const data = (await picture(width, height, format)).toString('base64');
    const inlineData = { mimeType: `image/${format}`, data };
    const signature = signatureBytes > 0 ? { thoughtSignature: signatureOf(signatureBytes) } : {};
    const draft = [
      { text: '**Composing the scene**\n\n', thought: true },
      { inlineData, thought: true },
    ];
    const parts = [
      ...Array.from({ length: drafts }, () => draft).flat(),
      ...(text === undefined ? [] : [{ text }]),
      ...Array.from({ length: count }, () => ({ inlineData, ...signature })),
    ];
    const body = {
      candidates: [{ content: { parts, role: 'model' }, finishReason, index: 0 }],
      ...(usage !== null && { usageMetadata: usage ?? usageOf(call, count, imageSize) }),
      modelVersion: call.model,
      responseId: 'w3QfaZ-1K9u4vdIPl5yWmAk',
    };
    return { status: 200, body, paid: true };
  };
}

/** Recognisable wherever it may turn up. */
export const SIGNATURE_MARK = 'CtwVAVSoXO5signature';
const signatureOf = (bytes: number): string => SIGNATURE_MARK.padEnd(bytes, 'A');

function usageOf(call: GeminiCall, count: number, imageSize: string): Record<string, unknown> {
  const parts = call.body.contents?.[0]?.parts ?? [];
  const inputs = parts.filter((part) => part.inlineData).length;
  const imageTokens = count * (IMAGE_TOKENS[imageSize] ?? 1120);
  const [promptTokenCount, thoughtsTokenCount] = [8 + inputs * 258, 210];
  return {
    promptTokenCount,
    candidatesTokenCount: imageTokens,
    totalTokenCount: promptTokenCount + imageTokens + thoughtsTokenCount,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 8 },
      ...(inputs > 0 ? [{ modality: 'IMAGE', tokenCount: inputs * 258 }] : []),
    ],
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: imageTokens }],
    thoughtsTokenCount,
  };
}

/** The prompt is refused: no candidates at all. */
export const promptBlocked =
  (blockReason: string): Answer =>
  ({ model }) => ({
    status: 200,
    body: {
      promptFeedback: { blockReason },
      usageMetadata: { promptTokenCount: 8, totalTokenCount: 8 },
      modelVersion: model,
      responseId: 'y3QfaYqxB-6_vdIPjZ2h2Qc',
    },
  });

/** A candidate that ended without a picture. */
export const ended =
  (finishReason: string, text?: string): Answer =>
  ({ model }) => ({
    status: 200,
    body: {
      candidates: [
        {
          content: text === undefined ? {} : { parts: [{ text }], role: 'model' },
          finishReason,
          ...(finishReason !== 'STOP' && {
            finishMessage: 'Unable to show the generated image. Support code: 42876398.',
          }),
          index: 0,
        },
      ],
      usageMetadata: { promptTokenCount: 8, totalTokenCount: 248, thoughtsTokenCount: 240 },
      modelVersion: model,
      responseId: '0HQfaeD2FZ-CvdIP9vKp6AE',
    },
  });

/** An error of Google's in its usual form. */
export const failing =
  (
    code: number,
    status: string,
    message: string,
    details?: unknown[],
    headers?: Record<string, string>,
  ): Answer =>
  () => ({
    status: code,
    body: { error: { code, message, status, ...(details && { details }) } },
    ...(headers && { headers }),
  });

const QUOTA = 'You exceeded your current quota, please check your plan and billing details.';
const METRIC = 'generativelanguage.googleapis.com/generate_content_paid_tier_requests';

const overQuota = (quotaIds: string[], retryDelay: string | undefined, quotaValue: string): Answer =>
  failing(
    429,
    'RESOURCE_EXHAUSTED',
    `${QUOTA}\n* Quota exceeded for metric: ${METRIC}, limit: ${quotaValue}\n${retryDelay ? `Please retry in ${retryDelay}.` : ''}`,
    [
      {
        '@type': `${RPC}Help`,
        links: [{ description: 'Learn more', url: 'https://ai.google.dev/gemini-api' }],
      },
      {
        '@type': `${RPC}QuotaFailure`,
        violations: quotaIds.map((quotaId) => ({
          quotaMetric: METRIC,
          quotaId,
          quotaDimensions: { location: 'global', model: 'gemini-3-pro-image' },
          quotaValue,
        })),
      },
      ...(retryDelay ? [{ '@type': `${RPC}RetryInfo`, retryDelay }] : []),
    ],
  );

export const rateLimited = (retryDelay?: string): Answer =>
  overQuota(['GenerateRequestsPerMinutePerProjectPerModel'], retryDelay, '10');

/** Google names seconds here too, though the day is over. */
export const dayIsSpent = (retryDelay = '47s'): Answer =>
  overQuota(
    ['GenerateRequestsPerDayPerProjectPerModel', 'GenerateRequestsPerMinutePerProjectPerModel'],
    retryDelay,
    '250',
  );

export const noFreeTier = (): Answer =>
  overQuota(['GenerateContentInputTokensPerModelPerMinute-FreeTier'], '34.4s', '0');

export const noCredit = (): Answer =>
  failing(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted. Please go to AI Studio.');

export const badKey = (): Answer =>
  failing(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
    {
      '@type': `${RPC}ErrorInfo`,
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: 'generativelanguage.googleapis.com' },
    },
  ]);

/** What an identity that Google does not know gets. */
export const unknownCredential = (): Answer =>
  failing(
    401,
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token.',
  );

/** Google names the key in this one. */
export const suspended = (key: string): Answer =>
  failing(403, 'PERMISSION_DENIED', `Permission denied: Consumer 'api_key:${key}' has been suspended.`, [
    { '@type': `${RPC}ErrorInfo`, reason: 'CONSUMER_SUSPENDED', domain: 'googleapis.com' },
  ]);

export const badArgument = (message: string): Answer => failing(400, 'INVALID_ARGUMENT', message);

export const noModel = (model: string): Answer =>
  failing(
    404,
    'NOT_FOUND',
    `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
  );

export const internal = (): Answer => failing(500, 'INTERNAL', 'An internal error has occurred.');
export const overloaded = (): Answer =>
  failing(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.');
export const upstreamTimeout = (): Answer =>
  failing(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.');

/** Accepts the call and never answers. */
export const never = (): Answer => () => ({ status: 200, fault: 'never' });

/** The connection is reset before a word came. */
export const resetBefore = (): Answer => () => ({ status: 200, fault: 'reset-before' });

/** The picture was made; half of the answer comes and then a reset. */
export const resetInBody =
  (answer: Answer = images()): Answer =>
  async (call) => ({ ...(await answer(call)), fault: 'reset-in-body' });

/** Half of the answer comes, and then an orderly end. */
export const cutBody =
  (answer: Answer = images()): Answer =>
  async (call) => ({ ...(await answer(call)), fault: 'cut-body' });

/** A well-formed beginning and then more and more of it. */
export const huge =
  (endlessBytes: number): Answer =>
  () => ({
    status: 200,
    paid: true,
    fault: { endlessBytes },
  });

export const late =
  (delayMs: number, answer: Answer = images()): Answer =>
  async (call) => ({ ...(await answer(call)), delayMs });

/** What stands between may answer in its own way. */
export const notJson =
  (status = 200): Answer =>
  () => ({
    status,
    body: '<html><body>Sign in to the network</body></html>',
    headers: { 'content-type': 'text/html' },
  });
