/** Pictures on their way to the server: each keeps its place among the others, and becomes a URL when it has arrived. */
import { useEffect, useRef, useState } from 'react';
import { useDarkroom, useMay } from '../../../session/account.tsx';
import { type Input, isPending, pendingUpload } from '../input.ts';

export interface Upload {
  file: File;
  /** Of the file in this browser. */
  preview: string;
  /** 0 to 1. */
  progress: number;
  error?: unknown;
}

export interface Uploads {
  /** Whether the key may upload. */
  allowed: boolean;
  /** Under the words that stand in the input in their place. */
  byPlace: Readonly<Record<string, Upload>>;
  /** Some are on their way. */
  busy: boolean;
  /** Some did not get there, and wait to be sent again or taken out. */
  failed: boolean;
  /** Adds files to a field. */
  add: (name: string, files: readonly File[], isList: boolean) => void;
  retry: (place: string) => void;
  /** An input in which what has arrived is a URL: the form may still hold what stood in its place. */
  settle: (input: Input) => Input;
}

/** @param setInput changes the input as it is at that moment: uploads end whenever they end. */
export function useUploads(input: Input, setInput: (change: (input: Input) => Input) => void): Uploads {
  const darkroom = useDarkroom();
  const allowed = useMay('generate');
  const [byPlace, setByPlace] = useState<Record<string, Upload>>({});
  const running = useRef(new Map<string, AbortController>());
  const arrived = useRef(new Map<string, string>());
  const lastId = useRef(0);
  const placesUsed = Object.values(input).flat().filter(isPending) as string[];

  const change = (place: string, changed: Partial<Upload>): void =>
    setByPlace((all) => (all[place] ? { ...all, [place]: { ...all[place], ...changed } } : all));

  const send = async (place: string, file: File): Promise<void> => {
    const controller = new AbortController();
    running.current.set(place, controller);
    try {
      const { url } = await darkroom.files.upload(file, {
        signal: controller.signal,
        onProgress: ({ loaded, total }) => change(place, { progress: loaded / Math.max(total, 1) }),
      });
      arrived.current.set(place, url);
      setInput((now) => settle(now, arrived.current));
    } catch (error) {
      if (!controller.signal.aborted) change(place, { error });
    } finally {
      running.current.delete(place);
    }
  };

  // What was taken out of the input, or has become a URL, is over.
  const used = placesUsed.join(' ');
  useEffect(() => {
    const isUsed = (place: string): boolean => used.split(' ').includes(place);
    for (const [place, controller] of running.current) if (!isUsed(place)) controller.abort();
    setByPlace((all) => {
      const gone = Object.keys(all).filter((place) => !isUsed(place));
      for (const place of gone) URL.revokeObjectURL(all[place]!.preview);
      return gone.length === 0
        ? all
        : Object.fromEntries(Object.entries(all).filter(([place]) => isUsed(place)));
    });
  }, [used]);
  useEffect(() => {
    const { current } = running;
    return () => {
      for (const controller of current.values()) controller.abort();
    };
  }, []);

  const uploads = placesUsed.flatMap((place) => byPlace[place] ?? []);
  return {
    allowed,
    byPlace,
    busy: uploads.some(({ error }) => error === undefined),
    failed: uploads.some(({ error }) => error !== undefined),
    add: (name, files, isList) => {
      const taken = files.map((file) => {
        lastId.current += 1;
        return { place: pendingUpload(lastId.current), file };
      });
      setByPlace((all) => ({
        ...all,
        ...Object.fromEntries(
          taken.map(({ place, file }) => [
            place,
            { file, preview: URL.createObjectURL(file), progress: 0 } satisfies Upload,
          ]),
        ),
      }));
      const places = taken.map(({ place }) => place);
      setInput((now) => ({
        ...now,
        [name]: isList ? [...((now[name] as string[] | undefined) ?? []), ...places] : places[0],
      }));
      for (const { place, file } of taken) void send(place, file);
    },
    settle: (changed) => settle(changed, arrived.current),
    retry: (place) => {
      const upload = byPlace[place];
      if (!upload) return;
      setByPlace((all) => ({ ...all, [place]: { file: upload.file, preview: upload.preview, progress: 0 } }));
      void send(place, upload.file);
    },
  };
}

function settle(input: Input, arrived: ReadonlyMap<string, string>): Input {
  const urlOf = (value: unknown): unknown => arrived.get(value as string) ?? value;
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(urlOf) : urlOf(value),
    ]),
  );
}
