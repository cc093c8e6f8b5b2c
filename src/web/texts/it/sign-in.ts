import type { Texts } from '../translated.ts';

export const signIn: Texts['signIn'] = {
  title: 'Accedi',
  welcome: 'Benvenuto in Darkroom',
  description: 'Accedi con una chiave API. Resta tra te e questo server.',
  key: 'Chiave API o link di accesso',
  keyHint: 'Una chiave inizia con dk_ ed è stata mostrata alla creazione.',
  submit: 'Accedi',
  submitting: 'Accesso in corso…',
  missing: 'Incolla prima la tua chiave API o un link di accesso.',
  noKeyTitle: 'Non hai una chiave a portata di mano?',
  noKeyText: 'Sulla macchina che esegue Darkroom, questo comando stampa un link valido per un solo accesso:',
  failed: 'Accesso non riuscito',
  addAccount: 'Accedi a un altro account',
  backToAccount: 'Torna a {{name}}',
};
