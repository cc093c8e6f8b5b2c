/** A model's input as a table: what each field is called, may be, and means. */
import type { InputSchema, ListSchema, PropertySchema, ValueSchema } from '../catalog/model.ts';
import { fill } from './fill.ts';
import { type Html, html } from './html.ts';
import type { PageTexts } from './texts.ts';

export function schemaTable(schema: InputSchema, t: PageTexts): Html {
  const rows = Object.entries(schema.properties).map(
    ([name, property]) => html`<tr id="field-${name}">
<th scope="row"><code>${name}</code>${schema.required.includes(name) && html` <span class="required">${t.required}</span>`}</th>
<td>${typeOf(property, t)}</td>
<td>${defaultOf(property, schema.required.includes(name))}</td>
<td><strong>${property.title}</strong>${property.description && html`<br>${property.description}`}</td>
</tr>
`,
  );
  return html`<div class="wide" tabindex="0" role="region" aria-label="${t.inputSchema}"><table>
<thead><tr><th scope="col">${t.field}</th><th scope="col">${t.type}</th><th scope="col">${t.default}</th><th scope="col">${t.meaning}</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function typeOf(property: PropertySchema | ValueSchema, t: PageTexts): Html {
  if (property.type === 'array') {
    const { items, minItems = 0, maxItems } = property as ListSchema;
    return html`array · ${typeOf(items, t)}<br><small>${fill(t.items, { from: minItems, to: maxItems })}</small>`;
  }
  const bounds = boundsOf(property, t);
  return html`${property.type}${bounds && html`<br><small>${bounds}</small>`}`;
}

function boundsOf(value: ValueSchema, t: PageTexts): string | undefined {
  const { minimum, maximum, maxLength, format } = value;
  if (value.enum) return fill(t.oneOf, { values: value.enum.join(', ') });
  if (format === 'image_uri') return t.imageUrl;
  if (maxLength !== undefined) return fill(t.characters, { count: maxLength });
  if (minimum !== undefined && maximum !== undefined) return fill(t.between, { from: minimum, to: maximum });
  if (minimum !== undefined) return fill(t.atLeast, { value: minimum });
  return maximum === undefined ? undefined : fill(t.atMost, { value: maximum });
}

/** Of a required field it is only an example. */
function defaultOf(property: PropertySchema, required: boolean): Html | undefined {
  if (required || property.default === undefined) return undefined;
  return html`<code>${JSON.stringify(property.default)}</code>`;
}
