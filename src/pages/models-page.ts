/** The list of all models, each leading to its page. */
import type { CatalogueEntry } from '../catalog/catalogue-entry.ts';
import type { Language } from '../catalog/model.ts';
import { type Html, html } from './html.ts';
import { pageTexts } from './texts.ts';

export function modelsPage(entries: readonly CatalogueEntry[], language: Language): Html {
  const t = pageTexts[language];
  return html`<main id="content" class="alone" tabindex="-1">
<h1>${t.allModels}</h1>
<p class="lead">${t.allModelsText}</p>
<ul class="models">${entries.map(
    (
      entry,
    ) => html`<li><a href="/docs/models/${entry.model_id}">${entry.display_name}</a><code>${entry.model_id}</code><p>${entry.description}</p></li>
`,
  )}</ul>
</main>`;
}
