/** Short words about what has just happened; shown by Toasts. Nothing that has to be read goes here. */
import type { ReactNode } from 'react';

export interface ToastMessage {
  id: number;
  title: ReactNode;
  description?: ReactNode;
  tone: 'good' | 'bad' | 'neutral';
  action?: { label: string; onClick: () => void } | undefined;
}

let messages: readonly ToastMessage[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** From anywhere: an event, a mutation. */
export function toast({
  tone = 'neutral',
  ...message
}: Omit<ToastMessage, 'id' | 'tone'> & Partial<Pick<ToastMessage, 'tone'>>): void {
  lastId += 1;
  keep([...messages.slice(-2), { ...message, tone, id: lastId }]);
}

export const dismissToast = (id: number): void => keep(messages.filter((message) => message.id !== id));

export const shownToasts = (): readonly ToastMessage[] => messages;

export function subscribeToToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function keep(next: readonly ToastMessage[]): void {
  messages = next;
  for (const listener of listeners) listener();
}
