/**
 * GET /link: where a sign-in link leads. Its secret stands behind the `#`, so that it is in no log and no Referer, and
 * looking at the page does not use it up: the page's script sends it.
 */
import { hash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { chooseLanguage } from '../catalog/choose-language.ts';
import type { Language } from '../catalog/model.ts';

type Text = 'title' | 'ask' | 'signIn' | 'ended' | 'wait' | 'failed' | 'home' | 'noScript';
const TEXTS: Record<Language, Record<Text, string>> = {
  en: {
    title: 'Sign in to Darkroom',
    ask: 'Go on only if you asked for this link.',
    signIn: 'Sign in',
    ended: 'This link has been used, or it has expired. Ask for a new one.',
    wait: 'Signing in has failed too often. Wait a minute and try again.',
    failed: 'Darkroom did not answer. Try again.',
    home: 'To the start page',
    noScript: 'Signing in needs JavaScript.',
  },
  'zh-TW': {
    title: '登入 Darkroom',
    ask: '只有在您索取此連結時才繼續。',
    signIn: '登入',
    ended: '此連結已使用過或已過期。請索取新的連結。',
    wait: '登入失敗次數過多。請稍候一分鐘再試。',
    failed: 'Darkroom 沒有回應。請再試一次。',
    home: '前往首頁',
    noScript: '登入需要 JavaScript。',
  },
  it: {
    title: 'Accedi a Darkroom',
    ask: 'Continua solo se hai chiesto tu questo link.',
    signIn: 'Accedi',
    ended: 'Questo link è già stato usato o è scaduto. Chiedine uno nuovo.',
    wait: 'Troppi accessi non riusciti. Attendi un minuto e riprova.',
    failed: 'Darkroom non ha risposto. Riprova.',
    home: 'Alla pagina iniziale',
    noScript: 'Per accedere serve JavaScript.',
  },
};

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{display:grid;place-items:center;min-height:90vh;margin:0}
main{max-width:24rem;padding:1.5rem;text-align:center}
button{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:.5rem;background:CanvasText;color:Canvas;cursor:pointer}
[hidden]{display:none}`;

const SCRIPT = `const token = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
const part = (id) => document.getElementById(id);
const say = (text, again) => {
  part('message').textContent = text;
  part('sign-in').hidden = !again;
  part('home').hidden = again;
};
const signIn = async () => {
  part('sign-in').hidden = true;
  try {
    const answer = await fetch('/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ link: token }),
    });
    const { status } = answer;
    const { dataset } = document.body;
    if (status === 201) location.replace('/?account=' + (await answer.json()).accounts[0].account.id);
    else if (status === 401 || status === 422) say(dataset.ended, false);
    else say(status === 429 ? dataset.wait : dataset.failed, true);
  } catch {
    say(document.body.dataset.failed, true);
  }
};
part('sign-in').addEventListener('click', signIn);
if (!token) say(document.body.dataset.ended, false);
else if (document.body.dataset.atOnce === 'true') signIn();
else say(document.body.dataset.ask, true);`;

const sourceOf = (text: string): string => `'sha256-${hash('sha256', text, 'base64')}'`;
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    `script-src ${sourceOf(SCRIPT)}`,
    `style-src ${sourceOf(STYLE)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    // Nobody can lay it under a page of their own and have the button pressed.
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
};

export function linkPage(app: FastifyInstance): void {
  app.get('/link', { schema: { hide: true } }, async (request, reply) => {
    const language = chooseLanguage(request.headers['accept-language']);
    // From a terminal or the address bar it is the person's own will. A page elsewhere could lead people to sign in to an
    // account of its own and work there, so whoever comes from one is asked first.
    const atOnce = request.headers['sec-fetch-site'] === 'none';
    reply.headers(HEADERS).type('text/html; charset=utf-8');
    return pageIn(language, atOnce);
  });
}

function pageIn(language: Language, atOnce: boolean): string {
  const text = TEXTS[language];
  const { ask, ended, wait, failed } = text;
  const data = Object.entries({ ask, ended, wait, failed, 'at-once': String(atOnce) });
  return `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text.title}</title>
<style>${STYLE}</style>
<body ${data.map(([name, value]) => `data-${name}="${value}"`).join(' ')}>
<main>
<h1>${text.title}</h1>
<p id="message" role="status"><noscript>${text.noScript}</noscript></p>
<button id="sign-in" hidden>${text.signIn}</button>
<a id="home" href="/" hidden>${text.home}</a>
</main>
<script>${SCRIPT}</script>
`;
}
