import { Html, html } from './html.ts';

/** `text` with what stands for `{name}` put in. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** The same with HTML put in; the text itself is text. */
export function fillHtml(text: string, values: Record<string, Html>): Html {
  return html`${text
    .split(/\{(\w+)\}/)
    .map((part, index) => (index % 2 === 0 ? part : (values[part] ?? new Html(''))))}`;
}
