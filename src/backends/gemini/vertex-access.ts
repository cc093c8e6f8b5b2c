/** Gemini on Vertex AI. The identity comes from google-auth-library: a key file, the machine's own, a federated one. */

import { unlessAborted } from '../../lib/unless-aborted.ts';
import { BackendError } from '../backend.ts';
import { type Access, bare, versioned, withPage } from './access.ts';

/** What is needed of a `GoogleAuth`: the token, and the project to bill where the credentials name one. */
export interface GoogleIdentity {
  getRequestHeaders(): Promise<Headers>;
}

export interface VertexOptions {
  project: string;
  /** `global`, `us`, `eu` or a region. */
  location: string;
  /** Application Default Credentials where it is left out. */
  credentials?: GoogleIdentity;
  baseUrl?: string;
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** The one Google's own client speaks. */
const VERSION = 'v1beta1';
const MULTI_REGIONS: readonly string[] = ['us', 'eu'];

export function vertexAccess({ project, location, credentials, baseUrl }: VertexOptions): Access {
  const api = versioned(baseUrl ?? hostOf(location), VERSION);
  const models = `${api}/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}/publishers/google/models`;
  let source = credentials;
  return {
    label: 'Vertex AI',
    generateUrl: (upstreamModel) => `${models}/${bare(upstreamModel)}:generateContent`,
    modelsUrl: (pageToken) => withPage(`${api}/publishers/google/models`, pageToken),
    async headers(signal) {
      try {
        source ??= await applicationDefault();
        const headers = await unlessAborted(source.getRequestHeaders(), signal);
        if (!headers.has('authorization')) throw new Error('no token came');
        return Object.fromEntries(headers);
      } catch (error) {
        signal.throwIfAborted();
        throw withoutToken(error);
      }
    },
  };
}

function hostOf(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com';
  if (MULTI_REGIONS.includes(location)) return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

/** Loaded only where it is used: it takes as long to load as half the server. */
async function applicationDefault(): Promise<GoogleIdentity> {
  const { GoogleAuth } = await import('google-auth-library');
  return new GoogleAuth({ scopes: SCOPE });
}

/** A token that cannot be had now is an outage; credentials that are wrong or missing are not. */
function withoutToken(error: unknown): BackendError {
  const { code, status } = error as { code?: unknown; status?: unknown };
  const passing =
    (typeof code === 'string' && /^(E[A-Z_]+|UND_ERR_\w+)$/.test(code) && code !== 'ENOENT') ||
    (typeof status === 'number' && status >= 500);
  return passing
    ? new BackendError('unavailable', 'Gemini cannot be reached right now.', { cause: error })
    : new BackendError('auth', 'Gemini refused the credentials of this server.', { cause: error });
}
