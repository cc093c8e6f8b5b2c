import type { Texts } from '../translated.ts';

export const signIn: Texts['signIn'] = {
  title: '登入',
  welcome: '歡迎使用 Darkroom',
  description: '使用 API 金鑰登入。金鑰只會在您與這台伺服器之間傳送。',
  key: 'API 金鑰或登入連結',
  keyHint: '金鑰以 dk_ 開頭，建立時曾顯示一次。',
  submit: '登入',
  submitting: '登入中…',
  missing: '請先貼上您的 API 金鑰或登入連結。',
  noKeyTitle: '手邊沒有金鑰？',
  noKeyText: '在執行 Darkroom 的電腦上，以下指令會顯示一次性登入連結：',
  failed: '登入失敗',
  addAccount: '登入其他帳戶',
  backToAccount: '返回 {{name}}',
};
