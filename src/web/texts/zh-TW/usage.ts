import type { Texts } from '../translated.ts';

export const usage: Texts['usage'] = {
  title: '使用情況',
  description: '此帳戶執行了什麼，以及花費了多少。',
  range: '期間',
  days_other: '{{count}} 天',
  csv: 'CSV',
  group: '分組',
  groups: { day: '日期', model: '模型', key: '金鑰' },
  by: { day: '依日期', model: '依模型', key: '依 API 金鑰' },
  measure: '顯示',
  measures: { cost: '費用', outputs: '圖片' },
  totals: { cost: '費用', outputs: '圖片與影片', requests: '請求', failed: '失敗' },
  columns: {
    cost: '費用',
    outputs: '圖片',
    requests: '請求',
    completed: '已完成',
    failed: '失敗',
    cancelled: '已取消',
  },
  emptyTitle: '這段期間沒有執行任何請求',
  emptyText: '執行模型後，使用情況會顯示在這裡。',
  utc: '日期以 UTC 計算。請求在結束時計入。',
};
