import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CodeBlock } from '../../../components/code-block.tsx';
import { Segmented } from '../../../components/segmented.tsx';
import type { Input } from '../input.ts';
import { type Call, writeCurl, writePython, writeTypeScript } from './write-call.ts';

const LANGUAGES = {
  curl: { name: 'curl', language: 'shell', write: writeCurl },
  typescript: { name: 'TypeScript', language: 'javascript', write: writeTypeScript },
  python: { name: 'Python', language: 'python', write: writePython },
} as const;
type Chosen = keyof typeof LANGUAGES;

/** In this browser, for whoever uses it. */
const CHOSEN = 'darkroom.code';

export interface CodePanelProps {
  modelId: string;
  input: Input;
  /** What is still missing in the form is the documentation's. */
  isExample: boolean;
}

/** The call that the form would make, in the language one works in. */
export function CodePanel({ modelId, input, isExample }: CodePanelProps) {
  const { t } = useTranslation('playground');
  const [chosen, setChosen] = useState<Chosen>(() => {
    const kept = localStorage.getItem(CHOSEN) ?? '';
    return kept in LANGUAGES ? (kept as Chosen) : 'curl';
  });
  const choose = (language: Chosen): void => {
    localStorage.setItem(CHOSEN, language);
    setChosen(language);
  };
  const { name, language, write } = LANGUAGES[chosen];
  const call: Call = { baseUrl: location.origin, modelId, input };
  return (
    <section className="rounded-lg border border-line bg-surface shadow-card">
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 pt-4 sm:px-5">
        <h2 className="font-semibold text-base">{t('code.title')}</h2>
        <Segmented
          label={t('code.language')}
          value={chosen}
          options={(Object.keys(LANGUAGES) as Chosen[]).map((value) => ({
            value,
            label: LANGUAGES[value].name,
          }))}
          onChange={choose}
        />
      </header>
      <div className="flex flex-col gap-3 p-4 sm:p-5">
        <CodeBlock code={write(call)} language={language} label={t('code.label', { language: name })} />
        <p className="text-ink-faint text-xs">
          {t(`code.needs.${chosen}`)} {isExample && t('code.example')}
        </p>
      </div>
    </section>
  );
}
