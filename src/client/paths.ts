/** Ids as parts of a path. */
import { DarkroomError } from './errors.ts';

/** An id as part of a path. @throws when it would lead elsewhere. */
export function segment(id: string): string {
  if (typeof id !== 'string' || !/^[\w.:-]+$/.test(id) || /^\.+$/.test(id))
    throw new DarkroomError(`This is no id: ${JSON.stringify(id)}`);
  return encodeURIComponent(id);
}

/** A model's id, whose slashes are part of the path. @throws when it would lead elsewhere. */
export function modelPath(model: string): string {
  if (typeof model !== 'string' || model === '') throw new DarkroomError('The id of a model is missing.');
  return `/v1/models/${model.split('/').map(segment).join('/')}`;
}
