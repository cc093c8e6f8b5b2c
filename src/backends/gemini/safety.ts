/** How strictly Gemini's filters, as far as they can be set, are set. */
export interface SafetySetting {
  category: string;
  threshold: string;
}

const CATEGORIES = [
  'HARM_CATEGORY_HARASSMENT',
  'HARM_CATEGORY_HATE_SPEECH',
  'HARM_CATEGORY_SEXUALLY_EXPLICIT',
  'HARM_CATEGORY_DANGEROUS_CONTENT',
];

/** By `safety_tolerance`. Nobody publishes such a table: it is ours. */
const THRESHOLDS: Readonly<Record<number, string>> = {
  1: 'BLOCK_LOW_AND_ABOVE',
  2: 'BLOCK_LOW_AND_ABOVE',
  3: 'BLOCK_MEDIUM_AND_ABOVE',
  4: 'BLOCK_ONLY_HIGH',
  5: 'BLOCK_NONE',
  6: 'OFF',
};

/** Undefined for a model without the parameter: then Gemini's own defaults hold. */
export function safetySettings(tolerance: unknown): SafetySetting[] | undefined {
  const threshold = typeof tolerance === 'number' ? THRESHOLDS[tolerance] : undefined;
  return threshold === undefined ? undefined : CATEGORIES.map((category) => ({ category, threshold }));
}
