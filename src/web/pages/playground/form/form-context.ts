/** What the controls of the form know besides their own field. */
import { createContext, useContext } from 'react';
import type { Uploads } from '../images/use-uploads.ts';

export interface FormKnowledge {
  /** The documentation's example of a required text, by field. */
  examples: Record<string, string | undefined>;
  /** USD of one output by resolution, once they are known. */
  prices: Record<string, number> | undefined;
  uploads: Uploads;
  /** Names of the fields that take pictures. */
  imageNames: readonly string[];
  /** Names of the fields that are folded away until they are asked for. */
  folded: readonly string[];
  unfolded: boolean;
  setUnfolded: (unfolded: boolean) => void;
  /** How many of the folded fields differ from their default. */
  changed: number;
}

const FormContext = createContext<FormKnowledge | undefined>(undefined);
export const FormKnowledgeProvider = FormContext.Provider;

export function useFormKnowledge(): FormKnowledge {
  const known = useContext(FormContext);
  if (!known) throw new Error('useFormKnowledge is for controls of the playground’s form');
  return known;
}
