/** What holds for every page of the web app. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { en } from '../../src/web/texts/en/index.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong with the page as it is now: WCAG 2.2 A and AA, and good practice. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] })`,
  )) as { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] };
  return found.violations.flatMap(({ id, nodes }) =>
    nodes
      // Menus and tooltips lie beside the landmarks by design: they belong to the button that has opened them.
      .filter(({ html }) => id !== 'region' || !html.includes('data-radix-popper'))
      .map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}

/** How many pixels the page is wider than its window: 0 where it never scrolls sideways. */
export async function sidewaysOverflow(page: Page): Promise<number> {
  return (await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )) as number;
}

/** Everything that is read on the page, as one text: what is shown, and the names that screen readers say. */
export async function readableText(page: Page): Promise<string> {
  return (await page.evaluate(`[
    document.title,
    document.body.innerText,
    ...[...document.querySelectorAll('[aria-label],[title],[placeholder],[alt]')].flatMap((element) =>
      ['aria-label', 'title', 'placeholder', 'alt'].map((name) => element.getAttribute(name) ?? '')),
  ].join('\\n')`)) as string;
}

/** Words of `text` that are the name of a text rather than one: `nav.explore`, `explore:title`. */
export function rawKeys(text: string): string[] {
  const groups = Object.entries(en).flatMap(([namespace, texts]) => [
    `${namespace}:`,
    ...Object.entries(texts).flatMap(([name, inner]) => (typeof inner === 'string' ? [] : [`${name}.`])),
  ]);
  const pattern = new RegExp(`(?<![\\w./-])(?:${groups.map(RegExp.escape).join('|')})[A-Za-z]\\w*`, 'g');
  return [...text.matchAll(pattern)].map(([key]) => key);
}
