import { useEffect, useRef } from 'react';

/** Ctrl or Cmd with Enter, wherever one is on the page. */
export function useRunKey(onRun: () => void): void {
  const latest = useRef(onRun);
  latest.current = onRun;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.repeat) return;
      if (document.querySelector('[role=dialog], [role=menu]')) return;
      event.preventDefault();
      latest.current();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}
