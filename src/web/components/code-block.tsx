import clsx from 'clsx';
import { useMemo } from 'react';
import { type CodeLanguage, highlight } from '../lib/highlight.ts';
import { CopyButton } from './copy-button.tsx';
import { ScrollArea } from './scroll-area.tsx';

export interface CodeBlockProps {
  code: string;
  language: CodeLanguage;
  /** What it is; read out, and shown above it unless hidden. */
  label: string;
  hideLabel?: boolean;
  className?: string;
}

const COLOURS: Record<string, string> = {
  string: 'text-good-ink',
  number: 'text-accent-ink',
  keyword: 'text-info-ink',
  property: 'text-info-ink',
  comment: 'text-ink-faint italic',
};

/** Code to be read and copied. */
export function CodeBlock({ code, language, label, hideLabel = false, className }: CodeBlockProps) {
  const tokens = useMemo(() => highlight(code, language), [code, language]);
  return (
    <figure
      className={clsx('relative min-w-0 overflow-hidden rounded-lg border border-line bg-sunken', className)}
    >
      <figcaption
        className={
          hideLabel ? 'sr-only' : 'border-line border-b px-3.5 py-2.5 pr-12 font-medium text-ink-soft text-xs'
        }
      >
        {label}
      </figcaption>
      <div className="absolute top-1 right-1">
        <CopyButton text={code} iconOnly />
      </div>
      <ScrollArea label={label}>
        <pre className="w-max min-w-full px-3.5 py-3 font-mono text-xs leading-5">
          <code>
            {tokens.map(({ kind, text }, index) =>
              kind ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text, which only change together.
                <span key={index} className={COLOURS[kind]}>
                  {text}
                </span>
              ) : (
                text
              ),
            )}
          </code>
        </pre>
      </ScrollArea>
    </figure>
  );
}
