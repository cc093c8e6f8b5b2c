import { Link } from '@tanstack/react-router';

/** A safelight, half in the dark. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 24 24" className={className}>
      <circle cx="12" cy="12" r="10" className="fill-accent" />
      <path d="M12 2a10 10 0 0 0 0 20z" className="fill-strong" />
      <circle cx="12" cy="12" r="3.2" className="fill-canvas" />
    </svg>
  );
}

export function Logo() {
  return (
    <Link to="/" className="inline-flex items-center gap-2 rounded-md font-semibold text-lg tracking-tight">
      <LogoMark className="size-6" />
      Darkroom
    </Link>
  );
}
