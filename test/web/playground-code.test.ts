/** The call that the playground shows: what is copied from it runs, and asks for what the form says. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { call, TEXT_TO_IMAGE } from '../support/api.ts';
import { type ProgramFolder, programFolder } from '../support/built-client.ts';
import { type Ended, hasProgram, run } from '../support/command.ts';
import { startWebApp } from '../support/web-app.ts';

const web = startWebApp();

/** Everything that one of the languages takes for something else. */
const PROMPT = `It's a "fox"\nin C:\\snow, $HOME \`date\` $(date) \${x} 100% {y} \\n 日本 🦊 ‘’`;

const WAYS: Record<
  string,
  (code: string, program: ProgramFolder, env: Record<string, string>) => Promise<Ended>
> = {
  curl: (code, program, env) => run('sh', ['-c', code], { cwd: program.path, env }),
  TypeScript: async (code, program, env) => {
    await writeFile(join(program.path, 'main.ts'), code);
    expect(await program.check(['main.ts'])).toBe('');
    return run(process.execPath, ['main.ts'], { cwd: program.path, env });
  },
  ...(hasProgram('python3') && {
    Python: async (code, program, env) => {
      await writeFile(join(program.path, 'main.py'), code);
      return run('python3', ['main.py'], { cwd: program.path, env });
    },
  }),
};

test('is copied as curl, TypeScript and Python that run as they stand', async () => {
  await using program = await programFolder();
  await using opened = await web.open({ path: `/models/${TEXT_TO_IMAGE}` });
  const { page, context } = opened;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByText('What is missing is the example’s.').waitFor();
  await page.getByRole('textbox', { name: /^Prompt/ }).fill(PROMPT);
  await page.getByRole('radio', { name: '16:9' }).check();
  await page.getByRole('button', { name: /More settings/ }).click();
  await page.getByRole('switch', { name: 'Enable Web Search' }).click();
  const env = { DARKROOM_API_KEY: web.server.key };

  for (const [language, runCode] of Object.entries(WAYS)) {
    await page.getByRole('radio', { name: language }).check();
    await page
      .getByRole('figure', { name: `The call in ${language}` })
      .getByRole('button', { name: 'Copy' })
      .click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const code = await page.evaluate(() => navigator.clipboard.readText());
    expect(code).toContain('DARKROOM_API_KEY');
    expect(code).not.toContain(web.server.key);

    const { code: exitCode, stdout, stderr } = await runCode(code, program, env);
    expect(exitCode, stderr).toBe(0);
    const { requests } = (await call(web.server, '/v1/requests?limit=1')).body;
    const [{ input, output, status, request_id }] = requests;
    expect(status).toBe('completed');
    expect(input).toMatchObject({ prompt: PROMPT, aspect_ratio: '16:9', enable_web_search: true });
    // What was made is the last thing it says.
    expect(stdout, language).toContain(output.image);
    await call(web.server, `/v1/requests/${request_id}`, { method: 'DELETE' });
  }
});
