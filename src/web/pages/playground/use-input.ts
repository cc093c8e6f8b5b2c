/** What stands in the form: the defaults, what was written before, or what the request in the address was asked with. */
import { useCallback, useEffect, useState } from 'react';
import { useAccount } from '../../session/account.tsx';
import { readDraft, writeDraft } from './draft.ts';
import { defaultsOf, type Input } from './input.ts';
import type { Asked } from './run/use-run.ts';
import type { RunnableModel } from './use-model.ts';

export interface EditedInput {
  input: Input;
  setInput: (change: (input: Input) => Input) => void;
  /** Whether it is known what has to stand in the form. */
  ready: boolean;
  /** The input is that of this request from now on. */
  belongsTo: (requestId: string) => void;
}

/**
 * @param asked what the request was asked with, once that is known
 * @param isUnknown it cannot be found out
 */
export function useInput(
  { model_id, input_schema }: RunnableModel,
  requestId: string | undefined,
  asked: Asked | undefined,
  isUnknown: boolean,
): EditedInput {
  const { account } = useAccount();
  const [{ input, basis }, setState] = useState(() => {
    const draft = readDraft(account.id, model_id);
    const isOfRequest = requestId === undefined || draft?.request === requestId;
    return {
      input: { ...defaultsOf(input_schema), ...draft?.input },
      // Of another request, or of none: the request's own input is still to come.
      basis: isOfRequest ? requestId : undefined,
    };
  });
  const setInput = useCallback(
    (change: (input: Input) => Input) => setState((now) => ({ ...now, input: change(now.input) })),
    [],
  );
  const belongsTo = useCallback((id: string) => setState((now) => ({ ...now, basis: id })), []);

  const isKnown = requestId === undefined || requestId === basis;
  useEffect(() => {
    if (isKnown || !asked) return;
    setState((now) => ({
      input: asked.input ? { ...defaultsOf(input_schema), ...asked.input } : now.input,
      basis: requestId,
    }));
  }, [isKnown, asked, requestId, input_schema]);
  useEffect(() => {
    if (isKnown) writeDraft(account.id, model_id, { input, request: requestId });
  }, [isKnown, account.id, model_id, input, requestId]);

  return { input, setInput, ready: isKnown || isUnknown, belongsTo };
}
