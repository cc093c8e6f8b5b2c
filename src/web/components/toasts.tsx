import clsx from 'clsx';
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { Toast } from 'radix-ui';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { buttonClass, IconButton } from './button.tsx';
import { dismissToast, shownToasts, subscribeToToasts } from './toast-store.ts';

const SHOWN_MS = 6000;

/** Where toasts appear; once, in the root layout. F8 leads there. */
export function Toasts() {
  const { t } = useTranslation();
  const messages = useSyncExternalStore(subscribeToToasts, shownToasts);
  return (
    <Toast.Provider duration={SHOWN_MS} swipeDirection="right" label={t('notifications')}>
      {messages.map(({ id, title, description, tone, action }) => (
        <Toast.Root
          key={id}
          onOpenChange={(open) => !open && dismissToast(id)}
          className={clsx(
            'flex animate-rise items-start gap-3 rounded-lg border border-line bg-raised p-3.5 shadow-raised',
            'data-[swipe=move]:translate-x-(--radix-toast-swipe-move-x)',
          )}
        >
          {tone === 'good' && <CircleCheck aria-hidden className="mt-0.5 size-4.5 shrink-0 text-good" />}
          {tone === 'bad' && <CircleAlert aria-hidden className="mt-0.5 size-4.5 shrink-0 text-bad" />}
          <div className="min-w-0 flex-1 break-words text-sm">
            <Toast.Title className="font-medium">{title}</Toast.Title>
            {description && <Toast.Description className="text-ink-soft">{description}</Toast.Description>}
          </div>
          {action && (
            <Toast.Action
              altText={action.label}
              onClick={action.onClick}
              className={buttonClass('secondary', 'sm')}
            >
              {action.label}
            </Toast.Action>
          )}
          <Toast.Close asChild>
            <IconButton label={t('actions.close')} size="sm" className="-my-1 -mr-1">
              <X />
            </IconButton>
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="fixed right-3 bottom-20 z-60 flex w-[min(24rem,calc(100vw-1.5rem))] flex-col gap-2 outline-none lg:bottom-4" />
    </Toast.Provider>
  );
}
