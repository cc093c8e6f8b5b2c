import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { allowOwnStyles, reloadForNewVersion } from './lib/browser.ts';
import { applyTheme } from './lib/theme.ts';
import { createAppRouter, preloadPage } from './routes.tsx';
import { followSignInLink, loadSession } from './session/session.ts';
import { startTexts } from './texts/texts.ts';

applyTheme();
allowOwnStyles();
reloadForNewVersion();
followSignInLink();
const router = createAppRouter();
// All at once: who calls, the texts, the page's own script. Who waits for one of them tells what went wrong.
loadSession().catch(() => undefined);
preloadPage(router);
await startTexts();
createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <RouterProvider router={router} />
  </StrictMode>,
);
