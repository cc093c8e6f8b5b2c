/** The page about calling one model, made from the model's own files. */
import type { CatalogueEntry } from '../catalog/catalogue-entry.ts';
import type { InputSchema, Language, Model } from '../catalog/model.ts';
import {
  codeBlock,
  exampleInput,
  KEY_VARIABLE,
  plainCall,
  pythonCall,
  submitCall,
  typescriptCall,
  uploadCall,
} from './code.ts';
import { fillHtml } from './fill.ts';
import { type Html, html } from './html.ts';
import { schemaTable } from './schema-table.ts';
import { type PageTexts, pageTexts } from './texts.ts';

interface Section {
  id: string;
  title: string;
  content: Html;
  parts?: { id: string; title: string; content: Html }[];
}

export interface ModelPage {
  model: Model;
  /** With its schemas, in the language of the page. */
  entry: CatalogueEntry;
  language: Language;
  baseUrl: string;
}

export function modelPage(page: ModelPage): Html {
  const t = pageTexts[page.language];
  const { entry } = page;
  const sections = [
    getStarted(page, t),
    authentication(t),
    reference(page, t),
    ...(takesImages(page.model) ? [fileInputs(page, t)] : []),
    schema(page, t),
  ];
  return html`<main id="content" class="columns" tabindex="-1">
<header class="intro">
<h1>${entry.display_name}</h1>
<p class="id"><code>${entry.model_id}</code> <a class="button" href="/models/${entry.model_id}">${t.playground}</a></p>
<p class="lead">${entry.description}</p>
<dl class="facts"><dt>${t.price}</dt><dd>${entry.pricing_note}</dd>${
    entry.aliases.length > 0 &&
    html`<dt>${t.alsoNamed}</dt><dd>${entry.aliases.map((alias, index) => html`${index > 0 && ', '}<code>${alias}</code>`)}</dd>`
  }</dl>
${!entry.available && html`<p class="notice">${t.unavailable}</p>`}
</header>
<nav class="contents" aria-label="${t.contents}"><h2>${t.contents}</h2><ol>${sections.map(
    ({ id, title, parts = [] }) =>
      html`<li><a href="#${id}">${title}</a>${parts.length > 0 && html`<ul>${parts.map((part) => html`<li><a href="#${part.id}">${part.title}</a></li>`)}</ul>`}</li>`,
  )}</ol></nav>
<div class="sections">
${sections.map(
  (section, index) => html`<section aria-labelledby="${section.id}">
<h2 id="${section.id}">${index + 1}. ${section.title}</h2>
${section.content}
${(section.parts ?? []).map((part) => html`<h3 id="${part.id}">${part.title}</h3>${part.content}`)}
</section>
`,
)}
</div>
</main>`;
}

const takesImages = ({ inputSchema }: Model): boolean =>
  Object.values(inputSchema.properties).some(
    (property) => property.type === 'array' && property.items.format === 'image_uri',
  );

function getStarted({ model, entry, baseUrl }: ModelPage, t: PageTexts): Section {
  const input = exampleInput(model);
  const text = fillHtml(t.getStartedText, {
    model: html`<code>${entry.model_id}</code>`,
    schema: html`<a href="#schema">${t.schemaLink}</a>`,
  });
  return {
    id: 'get-started',
    title: t.getStarted,
    content: html`<p>${text}</p>
${codeBlock(submitCall(entry.model_url, input), t, 'curl')}
<details><summary>TypeScript</summary>${codeBlock(typescriptCall(entry.model_id, baseUrl, input), t, 'TypeScript')}</details>
<details><summary>Python</summary>${codeBlock(pythonCall(entry.model_url, input), t, 'Python')}</details>`,
  };
}

function authentication(t: PageTexts): Section {
  const text = fillHtml(t.authenticationText, {
    variable: html`<code>${KEY_VARIABLE}</code>`,
    keys: html`<a href="/keys">${t.keysLink}</a>`,
    header: html`<code>Authorization: Bearer $${KEY_VARIABLE}</code>`,
  });
  return { id: 'authentication', title: t.authentication, content: html`<p>${text}</p>` };
}

const SUBMITTED = (baseUrl: string): string => {
  const id = '{request_id}';
  return JSON.stringify(
    {
      request_id: id,
      status_url: `${baseUrl}/v1/requests/${id}/status`,
      result_url: `${baseUrl}/v1/requests/${id}/result`,
      cancel_url: `${baseUrl}/v1/requests/${id}/cancel`,
    },
    null,
    2,
  );
};

function reference({ model, entry, baseUrl }: ModelPage, t: PageTexts): Section {
  const request = `${baseUrl}/v1/requests/{request_id}`;
  return {
    id: 'api-reference',
    title: t.apiReference,
    content: html``,
    parts: [
      {
        id: 'submit',
        title: t.submit,
        content: html`<p>${t.submitText}</p>${codeBlock(submitCall(entry.model_url, exampleInput(model)), t, 'curl')}${codeBlock(SUBMITTED(baseUrl), t, t.answer)}<p>${t.submitRepeat}</p>`,
      },
      {
        id: 'status',
        title: t.status,
        content: html`<p>${t.statusText}</p>${codeBlock(plainCall('GET', `${request}/status`), t, 'curl')}`,
      },
      {
        id: 'result',
        title: t.result,
        content: html`<p>${t.resultText}</p>${codeBlock(plainCall('GET', `${request}/result`), t, 'curl')}`,
      },
      {
        id: 'cancel',
        title: t.cancel,
        content: html`<p>${t.cancelText}</p>${codeBlock(plainCall('POST', `${request}/cancel`), t, 'curl')}`,
      },
    ],
  };
}

function fileInputs({ baseUrl }: ModelPage, t: PageTexts): Section {
  return {
    id: 'file-inputs',
    title: t.fileInputs,
    content: html``,
    parts: [
      { id: 'hosted-file', title: t.hostedFile, content: html`<p>${t.hostedFileText}</p>` },
      {
        id: 'upload',
        title: t.upload,
        content: html`<p>${t.uploadText}</p>${codeBlock(uploadCall(`${baseUrl}/v1/files`), t, 'curl')}`,
      },
    ],
  };
}

function schema({ entry }: ModelPage, t: PageTexts): Section {
  const json = (value: unknown, label: string): Html => codeBlock(JSON.stringify(value, null, 2), t, label);
  return {
    id: 'schema',
    title: t.schema,
    content: html``,
    parts: [
      {
        id: 'input-schema',
        title: t.inputSchema,
        content: html`${schemaTable(entry.input_schema as InputSchema, t)}<details><summary>${t.asJson}</summary>${json(entry.input_schema, t.inputSchema)}</details>`,
      },
      { id: 'output-schema', title: t.outputSchema, content: json(entry.output_schema, t.outputSchema) },
    ],
  };
}
