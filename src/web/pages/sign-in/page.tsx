import { getRouteApi, useRouter } from '@tanstack/react-router';
import { Eye, EyeOff } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, buttonClass, IconButton } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Field, Input } from '../../components/field.tsx';
import { useErrorText } from '../../components/states.tsx';
import { LogoMark } from '../../layout/logo.tsx';
import { usePageTitle } from '../../lib/page-title.ts';
import { signIn, useSession } from '../../session/session.ts';
import { LanguageChoice } from './language-choice.tsx';
import { readProof } from './proof.ts';

const route = getRouteApi('/sign-in');

/** Prints a link that signs in once. */
const LINK_COMMAND = 'npm run darkroom -- link';

export function SignInPage() {
  const { t } = useTranslation('signIn');
  usePageTitle(t('title'));
  const { to = '/' } = route.useSearch();
  const { active } = useSession();
  const { history } = useRouter();
  return (
    <main
      id="content"
      tabIndex={-1}
      className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center px-4 py-10 sm:px-6"
    >
      <LogoMark className="-ml-1 mb-6 size-11" />
      <h1 className="font-semibold text-2xl tracking-tight">{active ? t('addAccount') : t('welcome')}</h1>
      <p className="mt-1.5 mb-7 text-ink-soft">{t('description')}</p>
      <KeyForm onSignedIn={() => history.replace(to)} />
      {active && (
        <a href={to} className={`${buttonClass('ghost')} mt-3`}>
          {t('backToAccount', { name: active.account.name })}
        </a>
      )}
      <section className="mt-9 border-line border-t pt-6 text-sm">
        <h2 className="font-medium">{t('noKeyTitle')}</h2>
        <p className="mt-1 text-ink-soft">{t('noKeyText')}</p>
        <div className="mt-3 flex items-center justify-between gap-2 rounded-md bg-sunken py-1 pr-1 pl-3">
          <code className="min-w-0 overflow-x-auto whitespace-nowrap font-mono text-xs">{LINK_COMMAND}</code>
          <CopyButton text={LINK_COMMAND} iconOnly />
        </div>
      </section>
      <LanguageChoice />
    </main>
  );
}

function KeyForm({ onSignedIn }: { onSignedIn: () => void }) {
  const { t } = useTranslation(['signIn', 'common']);
  const input = useRef<HTMLInputElement>(null);
  const [visible, setVisible] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const errorText = useErrorText(error);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const proof = readProof(input.current!.value);
    setBusy(true);
    setError(undefined);
    try {
      if (!proof) throw new Error(t('missing'));
      await signIn(proof);
      onSignedIn();
    } catch (caught) {
      setError(caught);
      setBusy(false);
      input.current?.focus();
    }
  };

  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <Field label={t('key')} hint={t('keyHint')} error={error === undefined ? undefined : errorText}>
        <div className="relative">
          <Input
            ref={input}
            type={visible ? 'text' : 'password'}
            name="api_key"
            autoComplete="current-password"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            className="h-11! pr-11 font-mono sm:h-10!"
          />
          <IconButton
            label={t(visible ? 'common:actions.hidePassword' : 'common:actions.showPassword')}
            size="sm"
            onClick={() => setVisible(!visible)}
            className="absolute top-1/2 right-1.5 -translate-y-1/2"
          >
            {visible ? <EyeOff /> : <Eye />}
          </IconButton>
        </div>
      </Field>
      <Button type="submit" variant="primary" size="lg" busy={busy}>
        {busy ? t('submitting') : t('submit')}
      </Button>
    </form>
  );
}
