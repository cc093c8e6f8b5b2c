import type { ObjectFieldTemplateProps } from '@rjsf/utils';
import clsx from 'clsx';
import { ChevronDown } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormKnowledge } from './form-context.ts';

/** All fields in the schema's own order; what most people leave as it is comes last, folded. */
export function ObjectTemplate({ properties }: ObjectFieldTemplateProps) {
  const { t } = useTranslation('playground');
  const { folded, unfolded, setUnfolded, changed } = useFormKnowledge();
  const id = useId();
  const show = (isFolded: boolean) =>
    properties.filter(({ name }) => folded.includes(name) === isFolded).map(({ content }) => content);
  return (
    <div className="flex flex-col gap-6">
      {show(false)}
      {folded.length > 0 && (
        <div className="-mx-4 -mb-5 border-line border-t sm:-mx-5">
          <h3>
            <button
              type="button"
              aria-expanded={unfolded}
              aria-controls={id}
              onClick={() => setUnfolded(!unfolded)}
              className="flex min-h-12 w-full items-center gap-2 px-4 text-left font-medium text-sm hover:bg-hover/60 focus-visible:-outline-offset-2 sm:px-5"
            >
              {t('more')}
              <span className="font-normal text-ink-faint text-xs">
                {changed > 0 ? t('changed', { count: changed }) : folded.length}
              </span>
              <ChevronDown
                aria-hidden
                className={clsx(
                  'ml-auto size-4 text-ink-faint transition-transform',
                  unfolded && 'rotate-180',
                )}
              />
            </button>
          </h3>
          <div id={id} hidden={!unfolded} className="flex flex-col gap-6 px-4 pt-2 pb-6 sm:px-5">
            {show(true)}
          </div>
        </div>
      )}
    </div>
  );
}
