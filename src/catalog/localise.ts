import type { InputSchema, JsonSchema, Language, LocalisedText, Model, PropertySchema } from './model.ts';

const INPUT_TITLES: Record<Language, string> = {
  en: 'Input',
  'zh-TW': '輸入結構',
  it: 'Schema di input',
};

const OUTPUT_TEXTS: Record<Language, Record<'image' | 'video' | 'images' | 'videos', string>> = {
  en: {
    image: 'single image URL',
    video: 'single video URL',
    images: 'multiple image URLs',
    videos: 'multiple video URLs',
  },
  'zh-TW': {
    image: '單張圖片 URL',
    video: '單一影片 URL',
    images: '多張圖片 URL',
    videos: '多個影片 URL',
  },
  it: {
    image: 'URL immagine singola',
    video: 'URL video singolo',
    images: 'più URL immagine',
    videos: 'più URL video',
  },
};

/** The text in `language`, or in English where it was not translated. */
export function localisedText(text: LocalisedText, language: Language): string {
  return text[language] ?? text.en;
}

const inputSchemas = new WeakMap<Model, Map<Language, InputSchema>>();

/** The model's input schema as it goes over the wire in `language`; frozen, made once. */
export function localisedInputSchema(model: Model, language: Language): InputSchema {
  let byLanguage = inputSchemas.get(model);
  if (!byLanguage) {
    byLanguage = new Map();
    inputSchemas.set(model, byLanguage);
  }
  let schema = byLanguage.get(language);
  if (!schema) {
    schema = deepFreeze(translate(model, language));
    byLanguage.set(language, schema);
  }
  return schema;
}

function translate(model: Model, language: Language): InputSchema {
  const texts = model.propertyTexts[language] ?? {};
  const properties: Record<string, PropertySchema> = {};
  for (const [name, property] of Object.entries(model.inputSchema.properties)) {
    // Spreading over a key that is there keeps its place: the order of keys is the wire order.
    properties[name] = { ...structuredClone(property), ...texts[name] };
  }
  const { required } = model.inputSchema;
  return { type: 'object', title: INPUT_TITLES[language], required: [...required], properties };
}

const outputSchemas = new Map<Language, JsonSchema>();

/** What a result's `output` can hold, the same for every model, with texts in `language`; frozen, made once. */
export function outputSchema(language: Language): JsonSchema {
  let schema = outputSchemas.get(language);
  if (!schema) {
    schema = deepFreeze(describeOutput(language));
    outputSchemas.set(language, schema);
  }
  return schema;
}

function describeOutput(language: Language): JsonSchema {
  const texts = OUTPUT_TEXTS[language];
  const one = (description: string) => ({ type: 'string', format: 'uri', description });
  const several = (description: string) => ({
    type: 'array',
    description,
    items: { type: 'string', format: 'uri' },
  });
  return {
    output: {
      type: 'object',
      properties: {
        image: one(texts.image),
        video: one(texts.video),
        images: several(texts.images),
        videos: several(texts.videos),
      },
    },
  };
}

/** What is cached is shared: nobody may change it. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
