import { CopyButton } from './copy-button.tsx';

/** A secret that is seen once, to be copied. */
export function SecretBox({ secret }: { secret: string }) {
  return (
    <div className="flex items-center justify-between gap-2 rounded-md border border-line bg-sunken py-1.5 pr-1.5 pl-3">
      <code data-secret className="min-w-0 break-all font-mono text-sm">
        {secret}
      </code>
      <CopyButton text={secret} variant="primary" />
    </div>
  );
}
