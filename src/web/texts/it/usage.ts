import type { Texts } from '../translated.ts';

export const usage: Texts['usage'] = {
  title: 'Consumi',
  description: 'Che cosa ha eseguito questo account, e quanto è costato.',
  range: 'Periodo',
  days_one: '{{count}} giorno',
  days_other: '{{count}} giorni',
  csv: 'CSV',
  group: 'Raggruppa per',
  groups: { day: 'Giorno', model: 'Modello', key: 'Chiave' },
  by: { day: 'Per giorno', model: 'Per modello', key: 'Per chiave API' },
  measure: 'Mostra',
  measures: { cost: 'Costo', outputs: 'Immagini' },
  totals: { cost: 'Costo', outputs: 'Immagini e video', requests: 'Richieste', failed: 'Fallite' },
  columns: {
    cost: 'Costo',
    outputs: 'Immagini',
    requests: 'Richieste',
    completed: 'Completate',
    failed: 'Fallite',
    cancelled: 'Annullate',
  },
  emptyTitle: 'In questo periodo non è stato eseguito nulla',
  emptyText: 'Esegui un modello, e qui vedrai che cosa ha consumato.',
  utc: 'I giorni sono quelli UTC. Una richiesta conta quando è terminata.',
};
