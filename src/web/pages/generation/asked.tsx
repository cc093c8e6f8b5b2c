import { useTranslation } from 'react-i18next';
import type { HistoryEntry } from '../../../client/index.ts';
import { Section } from '../../components/card.tsx';
import { CopyButton } from '../../components/copy-button.tsx';

/** The input: words first, then pictures, then the rest as it was sent. */
export function Asked({ request }: { request: HistoryEntry }) {
  const { t } = useTranslation('generations');
  const { prompt, image_urls, ...rest } = request.input;
  const pictures = Array.isArray(image_urls) ? image_urls.filter((url) => typeof url === 'string') : [];
  const shown = Object.entries(rest);
  return (
    <Section
      title={t('detail.input')}
      actions={<CopyButton text={JSON.stringify(request.input, null, 2)} label={t('detail.copyJson')} />}
    >
      {Object.keys(request.input).length === 0 ? (
        <p className="text-ink-faint text-sm">{t('detail.inputGone')}</p>
      ) : (
        <div className="flex flex-col gap-4">
          {typeof prompt === 'string' && <p className="whitespace-pre-wrap break-words">{prompt}</p>}
          {pictures.length > 0 && (
            <ul className="flex flex-wrap gap-2">
              {pictures.map((url, index) => (
                <li key={url} className="size-20 overflow-hidden rounded-md border border-line bg-sunken">
                  <Picture url={url} label={t('detail.inputPicture', { number: index + 1 })} />
                </li>
              ))}
            </ul>
          )}
          {shown.length > 0 && (
            <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
              {shown.map(([name, value]) => (
                <div key={name} className="contents">
                  <dt className="font-mono text-ink-soft text-xs leading-5">{name}</dt>
                  <dd className="break-words font-mono text-xs leading-5">
                    {typeof value === 'string' ? value : JSON.stringify(value)}
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </div>
      )}
    </Section>
  );
}

/** Only our own are shown: no page of ours asks another host for anything. */
function Picture({ url, label }: { url: string; label: string }) {
  const own = url.startsWith('data:') || new URL(url, location.href).origin === location.origin;
  if (own) return <img src={url} alt={label} loading="lazy" className="size-full object-cover" />;
  return (
    <a
      href={url}
      rel="noreferrer"
      target="_blank"
      className="grid size-full place-items-center break-all p-1 text-center text-ink-soft text-xs hover:underline"
    >
      {new URL(url).host}
    </a>
  );
}
