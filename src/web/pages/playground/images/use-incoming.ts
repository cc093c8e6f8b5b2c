/** Pictures that are pasted or dropped anywhere on the page: missed by a finger's width, they would replace the page. */
import { useEffect, useRef, useState } from 'react';
import { isOwnFile } from './own-picture.ts';

export interface Incoming {
  onFiles: (files: File[]) => void;
  /** A picture of this page, dragged from where it is shown. */
  onUrl: (url: string) => void;
}

/** @returns whether something that can be dropped is held over the page. */
export function useIncoming(incoming: Incoming, enabled: boolean): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(incoming);
  latest.current = incoming;
  useEffect(() => {
    if (!enabled) return;
    const holdsPictures = ({ dataTransfer }: DragEvent): boolean =>
      dataTransfer?.types.some((type) => type === 'Files' || type === 'text/uri-list') ?? false;
    const onDragOver = (event: DragEvent): void => {
      if (!holdsPictures(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onDragLeave = (event: DragEvent): void => {
      // Out of the window; between two elements of the page there is always another one.
      if (!event.relatedTarget) setOver(false);
    };
    const onDrop = (event: DragEvent): void => {
      if (!holdsPictures(event)) return;
      event.preventDefault();
      setOver(false);
      const url = event.dataTransfer!.getData('text/uri-list').split(/\r?\n/)[0];
      const files = [...event.dataTransfer!.files];
      if (url && isOwnFile(url)) latest.current.onUrl(url);
      else if (files.length > 0) latest.current.onFiles(files);
      else if (url && !url.startsWith(location.origin)) latest.current.onUrl(url);
    };
    const onPaste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      latest.current.onFiles(files);
    };
    addEventListener('dragover', onDragOver);
    addEventListener('dragleave', onDragLeave);
    addEventListener('drop', onDrop);
    addEventListener('paste', onPaste);
    return () => {
      removeEventListener('dragover', onDragOver);
      removeEventListener('dragleave', onDragLeave);
      removeEventListener('drop', onDrop);
      removeEventListener('paste', onPaste);
    };
  }, [enabled]);
  return over;
}
