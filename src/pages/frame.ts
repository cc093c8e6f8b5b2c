/** What surrounds every page: head, bar, languages. */
import { LANGUAGES, type Language } from '../catalog/model.ts';
import { type Html, html } from './html.ts';
import { pageTexts } from './texts.ts';

export interface FrameOptions {
  language: Language;
  /** As chosen in the app. */
  theme: 'light' | 'dark' | 'system';
  title: string;
  description: string;
  /** Path of this page, without a query. */
  path: string;
  styleUrl: string;
  scriptUrl: string;
}

export function frame(options: FrameOptions, content: Html): string {
  const { language, theme, title, description, path, styleUrl, scriptUrl } = options;
  const t = pageTexts[language];
  return html`<!doctype html>
<html lang="${language}" data-theme="${theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Darkroom</title>
<meta name="description" content="${description}">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="${styleUrl}">
${LANGUAGES.map((each) => html`<link rel="alternate" hreflang="${each}" href="${path}?lang=${each}">`)}
</head>
<body>
<a class="skip" href="#content">${t.skip}</a>
<header class="bar">
<a class="logo" href="/docs/models">Darkroom</a>
<nav aria-label="Darkroom"><a href="/docs/models">${t.allModels}</a><a href="/reference/">${t.reference}</a><a href="/">${t.app}</a></nav>
<nav class="languages" aria-label="${t.language}">${LANGUAGES.map(
    (each) =>
      html`<a href="${path}?lang=${each}" lang="${each}" hreflang="${each}"${each === language && html` aria-current="true"`}>${pageTexts[each].languageName}</a>`,
  )}</nav>
</header>
${content}
<script src="${scriptUrl}" defer></script>
</body>
</html>
`.text;
}
