import { InputError } from './input-error.ts';

const WORDS: Record<string, string> = {
  ENOTFOUND: "the host's name is not known",
  EAI_AGAIN: "the host's name could not be looked up",
  ECONNREFUSED: 'the host refused the connection',
  ETIMEDOUT: 'the host did not take the connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'the host did not take the connection in time',
  ENETUNREACH: 'the host cannot be reached',
  EHOSTUNREACH: 'the host cannot be reached',
  ECONNRESET: 'the connection broke off',
  EPIPE: 'the connection broke off',
  UND_ERR_SOCKET: 'the connection broke off',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection broke off',
  UND_ERR_HEADERS_OVERFLOW: 'answered with too many headers',
};

/** What to tell the caller about a fetch that failed; the cause keeps what only we should read. */
export function whyUnreachable(error: unknown): InputError {
  if (error instanceof InputError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const notHttp = error instanceof Error && error.name === 'HTTPParserError';
  const message = notHttp ? 'answered something that is not HTTP' : (WORDS[code] ?? byFamily(code));
  return new InputError('unreachable', message, { cause: error });
}

function byFamily(code: string): string {
  if (/CERT|TLS|SSL|SIGNED|UNABLE_TO_/.test(code))
    return 'no secure connection could be made: check its certificate';
  return 'could not be fetched';
}
