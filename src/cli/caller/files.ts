/** `darkroom files`: uploads. */
import { statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { CommandError } from '../command-error.ts';
import type { CopyOptions } from '../copy-files.ts';
import { parseCount } from '../parse-option.ts';
import { table } from '../table.ts';
import { type CallOptions, calling, printJson } from './call.ts';
import { connectionOptions } from './connection.ts';
import { openStatusLine } from './status-line.ts';
import { take } from './take.ts';
import { uploadFile } from './upload-file.ts';

interface ListOptions extends CallOptions {
  limit: number;
}

export function filesCommands(command: Command): void {
  connectionOptions(command.command('upload'))
    .description('upload images or videos; prints the URL of each')
    .argument('<file...>')
    .option('--json', 'print JSON, and nothing else')
    .action((paths: string[], options: CallOptions) => {
      for (const path of paths)
        if (!statSync(path, { throwIfNoEntry: false })?.isFile())
          throw new CommandError(`${path} is no file.`);
      return calling(options, async (darkroom) => {
        using line = openStatusLine(options.json === true || !process.stderr.isTTY);
        const uploaded: unknown[] = [];
        for (const path of paths) {
          const answer = await uploadFile(darkroom, path, line);
          line.clear();
          uploaded.push(answer);
          if (!options.json) process.stdout.write(`${answer.url}\n`);
        }
        if (options.json) printJson(uploaded.length === 1 ? uploaded[0] : uploaded);
      });
    });

  connectionOptions(command.command('list'))
    .description('the latest uploads, newest first')
    .option('--limit <count>', 'how many', parseCount, 20)
    .option('--json', 'print JSON, and nothing else')
    .action((options: ListOptions) =>
      calling(options, async (darkroom) => {
        const rows = await take(darkroom.files.list({ limit: Math.min(options.limit, 100) }), options.limit);
        if (options.json) return printJson(rows);
        const shown = rows.map(({ id, name, content_type, bytes, width, height, created_at }) => [
          id,
          created_at.slice(0, 16).replace('T', ' '),
          content_type,
          width && height ? `${width}×${height}` : '',
          String(bytes),
          name ?? '',
        ]);
        process.stdout.write(table(['ID', 'MADE', 'TYPE', 'SIZE', 'BYTES', 'NAME'], shown));
      }),
    );

  connectionOptions(command.command('delete'))
    .description('remove uploads')
    .argument('<id...>')
    .action((ids: string[], options: CallOptions) =>
      calling(options, async (darkroom) => {
        for (const id of ids) {
          await darkroom.files.delete(id);
          process.stdout.write(`Deleted ${id}.\n`);
        }
      }),
    );

  command
    .command('copy')
    .description('on the machine of the server: copy all files to its bucket, or from it to its disk')
    .addOption(new Option('--to <store>', 'where to').choices(['s3', 'disk']).makeOptionMandatory())
    .option('--verify', 'also read what is there already, and copy it again where it differs')
    .action(async (options: CopyOptions) => (await import('../copy-files.ts')).copyStoredFiles(options));

  command
    .command('check')
    .description('on the machine of the server: whether the bytes of every file are there')
    .option('--read', 'also read them, and compare what they are')
    .action(async (options: { read?: boolean }) =>
      (await import('../check-files.ts')).checkStoredFiles(options),
    );
}
