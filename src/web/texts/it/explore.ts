import type { Texts } from '../translated.ts';

export const explore: Texts['explore'] = {
  title: 'Modelli',
  description:
    'Ogni modello risponde alla stessa API. Scegline uno da provare, oppure chiamalo dal tuo codice.',
  search: 'Cerca modelli',
  searchPlaceholder: 'Cerca per nome, id o funzione',
  kind: 'Tipo',
  category: 'Categoria',
  price: 'Prezzo',
  any: { kind: 'Tutti i tipi', category: 'Tutte le categorie', price: 'Tutti i prezzi' },
  prices: {
    free: 'Gratis',
    low: 'Meno di {{amount}}',
    medium: 'Da {{from}} a {{to}}',
    high: 'Da {{amount}} in su',
  },
  availableOnly: 'Pronti all’uso',
  count_one: '{{count}} modello',
  count_other: '{{count}} modelli',
  perImage: '{{price}} / immagine',
  perVideo: '{{price}} / video',
  unavailable: 'Serve un backend',
  unavailableHint: 'Nessun backend configurato può ancora eseguire questo modello.',
  drawn: 'Le immagini sono disegnate dalla sandbox di Darkroom: non sono opera dei modelli.',
  emptyTitle: 'Nessun modello corrisponde',
  emptyText: 'Prova con altre parole o togli un filtro.',
  noModelsTitle: 'Non ci sono ancora modelli',
  noModelsText: 'Aggiungi cartelle di modelli a DARKROOM_MODELS_DIR e compariranno qui.',
  clearFilters: 'Cancella ricerca e filtri',
};
