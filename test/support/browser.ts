/** A browser as far as signing in goes: it keeps cookies, and says where its page comes from. */
import { parseSetCookie } from 'cookie';
import { type Answer, type CallOptions, call } from './api.ts';
import type { TestServer } from './server.ts';

interface BrowserCall extends CallOptions {
  /** The account that acts; null names none. */
  account?: string | null;
}

export interface Browser {
  /** By name. */
  cookies: Map<string, string>;
  /** What the cookies were last set with, by name. */
  attributes: Map<string, ReturnType<typeof parseSetCookie>>;
  /** A call of the web app's own page. */
  call(path: string, options?: BrowserCall): Promise<Answer>;
  signIn(body: { api_key?: string; link?: string }, headers?: Record<string, string>): Promise<Answer>;
}

/** @param origin of the page that calls; the server's own unless told */
export function openBrowser(server: Pick<TestServer, 'url'>, origin = server.url): Browser {
  const cookies = new Map<string, string>();
  const attributes: Browser['attributes'] = new Map();

  async function ask(path: string, { account, headers, ...options }: BrowserCall = {}): Promise<Answer> {
    const answer = await call({ ...server, key: '' }, path, {
      key: null,
      ...options,
      headers: {
        origin,
        ...(account && { 'x-darkroom-account': account }),
        ...(cookies.size > 0 && { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') }),
        ...headers,
      },
    });
    for (const line of answer.headers.getSetCookie()) {
      const set = parseSetCookie(line);
      attributes.set(set.name, set);
      if (set.maxAge === 0) cookies.delete(set.name);
      else cookies.set(set.name, set.value!);
    }
    return answer;
  }

  return {
    cookies,
    attributes,
    call: ask,
    signIn: (body, headers = {}) => ask('/v1/session', { json: body, headers }),
  };
}

/** A browser that is signed in with `key`. @throws when that is refused. */
export async function signedIn(
  server: Pick<TestServer, 'url'>,
  key: string,
): Promise<Browser & { account: string }> {
  const browser = openBrowser(server);
  const answer = await browser.signIn({ api_key: key });
  if (answer.status !== 201)
    throw new Error(`signing in answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  const account: string = answer.body.accounts[0].account.id;
  return { ...browser, account, call: (path, options) => browser.call(path, { account, ...options }) };
}

/** The secret part of a new link to an account, as its operator gets one. */
export async function linkTo(server: Pick<TestServer, 'url' | 'key'>, accountId: string): Promise<string> {
  const answer = await call(server, `/v1/accounts/${accountId}/links`, { method: 'POST' });
  if (answer.status !== 201)
    throw new Error(`making a link answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body.url.split('#')[1];
}
