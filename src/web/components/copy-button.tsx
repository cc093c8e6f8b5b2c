import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, type ButtonSize, type ButtonVariant, IconButton } from './button.tsx';
import { toast } from './toast-store.ts';

export interface CopyButtonProps {
  text: string;
  /** What is copied, where "Copy" alone does not say it. */
  label?: string;
  variant?: ButtonVariant;
  size?: ButtonSize;
  /** Only the picture. */
  iconOnly?: boolean;
}

const SHOWN_MS = 1600;

export function CopyButton({ text, label, variant, size = 'sm', iconOnly = false }: CopyButtonProps) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    if (await copyText(text)) setCopied(true);
    else toast({ title: t('actions.copyFailed'), tone: 'bad' });
  };
  const icon = copied ? <Check aria-hidden className="text-good" /> : <Copy aria-hidden />;
  const words = copied ? t('actions.copied') : (label ?? t('actions.copy'));
  return (
    <>
      {iconOnly ? (
        <IconButton label={words} size={size} variant={variant ?? 'ghost'} onClick={copy}>
          {icon}
        </IconButton>
      ) : (
        <Button variant={variant} size={size} icon={icon} onClick={copy}>
          {words}
        </Button>
      )}
      <span role="status" className="sr-only">
        {copied && t('actions.copied')}
      </span>
    </>
  );
}

/** Browsers give the clipboard to https and localhost alone; elsewhere the old way still works. @returns whether it did. */
async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  // Inside a dialog focus may not leave it.
  (document.activeElement?.closest('[role=dialog]') ?? document.body).append(area);
  const focused = document.activeElement;
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
