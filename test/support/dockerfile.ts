/**
 * Carries out a Dockerfile without Docker: each stage is an overlay over this machine's own files, in a mount namespace of the
 * test's. So it is for root on Linux, images that are not stages are this machine, and nothing is left when the namespace ends.
 */
import { spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type Copy,
  DockerfileParser,
  type Env,
  type Instruction,
  type JSONInstruction,
} from 'dockerfile-ast';

export interface Image {
  /** Where its files are, inside the namespace. */
  root: string;
  env: Record<string, string>;
  workingDirectory: string;
  user: string;
  command: string[];
  healthCheck: string[];
  stopSignal: string;
}

export interface BuildOptions {
  /** The folder of the build's context. */
  context: string;
  /** An empty folder, which a file system of the namespace's is put on. */
  work: string;
  /** Commands that make this machine like an image that is not a stage; `$root` is where its files are. */
  prepare(image: string): string;
}

interface Stage {
  folder: string;
  /** Folders of stages that it stands on, nearest first. */
  below: string[];
  env: Record<string, string>;
}

/** What has been planned so far. */
interface Plan {
  options: BuildOptions;
  lines: string[];
  stages: Map<string, Stage>;
  stage: Stage;
  image: Image;
}

/** Why no Dockerfile can be carried out here, or undefined. */
export function missingNamespaces(): string | undefined {
  const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return tried.status === 0 ? undefined : 'mounting in a namespace needs root, and a kernel that lets it';
}

/** Copies what `.dockerignore` lets through; of its patterns, those that the project uses: `*`, `!name`, and `**` with an ending. */
export async function copyContext(checkout: string, ignoreFile: string, to: string): Promise<void> {
  const patterns = ignoreFile.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (patterns.shift() !== '*') throw new Error('.dockerignore does not begin by leaving everything out');
  const taken = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const endings = patterns
    .filter((pattern) => !pattern.startsWith('!'))
    .map((pattern) => {
      if (!pattern.startsWith('**/*.')) throw new Error(`${pattern} is not known here`);
      return pattern.slice('**/*'.length);
    });
  await Promise.all(
    taken.map((name) =>
      cp(join(checkout, name), join(to, name), {
        recursive: true,
        filter: (path) => !endings.some((ending) => path.endsWith(ending)),
      }),
    ),
  );
}

/** @returns a script for `sh` in a mount namespace, which builds every stage, and what image comes of the last. */
export function planBuild(text: string, options: BuildOptions): { script: string; image: Image } {
  const image = {
    root: '',
    env: {},
    workingDirectory: '/',
    user: '',
    command: [],
    healthCheck: [],
    stopSignal: '',
  };
  const plan: Plan = {
    options,
    lines: ['set -eu', `mount -t tmpfs tmpfs ${quote(options.work)}`, COPY_FUNCTION],
    stages: new Map(),
    stage: { folder: '', below: [], env: {} },
    image,
  };
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const step = STEPS[instruction.getKeyword()];
    if (!step) throw new Error(`${instruction.getKeyword()} is not known here`);
    step(plan, instruction);
  }
  return {
    script: plan.lines.join('\n'),
    image: { ...plan.image, root: rootOf(plan.stage), env: { PATH, ...plan.stage.env } },
  };
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const rootOf = ({ folder }: Stage): string => join(folder, 'root');
const wordsOf = (instruction: Instruction): string[] =>
  (instruction as JSONInstruction).getJSONStrings().map((argument) => argument.getJSONValue());

// What is in a folder is copied; a file goes into a folder where there is one of that name.
const COPY_FUNCTION = `copy() {
  if [ -d "$1" ]; then mkdir -p "$2" && cp -a "$1/." "$2"
  elif [ -d "$2" ]; then cp -a "$1" "$2/$3"
  else mkdir -p "$(dirname "$2")" && cp -a "$1" "$2"
  fi
}`;

const STEPS: Record<string, (plan: Plan, instruction: Instruction) => void> = {
  ARG: () => {},
  LABEL: () => {},
  EXPOSE: () => {},
  VOLUME: () => {},
  FROM: beginStage,
  RUN: planRun,
  COPY: planCopy,
  ENV({ stage }, instruction) {
    for (const property of (instruction as Env).getProperties())
      stage.env[property.getName()] = property.getValue() ?? '';
  },
  WORKDIR({ lines, stage, image }, instruction) {
    image.workingDirectory = instruction.getArgumentsContent()!;
    lines.push(`mkdir -p ${quote(join(rootOf(stage), image.workingDirectory))}`);
  },
  USER({ image }, instruction) {
    image.user = instruction.getArgumentsContent()!;
  },
  STOPSIGNAL({ image }, instruction) {
    image.stopSignal = instruction.getArgumentsContent()!;
  },
  HEALTHCHECK({ image }, instruction) {
    const words = instruction.getRawArgumentsContent()!;
    image.healthCheck = JSON.parse(words.slice(words.indexOf('[')));
  },
  ENTRYPOINT({ image }, instruction) {
    image.command = wordsOf(instruction);
  },
  CMD({ image }, instruction) {
    image.command.push(...wordsOf(instruction));
  },
};

function beginStage(plan: Plan, instruction: Instruction): void {
  const { lines, stages, options, image } = plan;
  if (plan.stage.folder) lines.push(`umount --recursive ${quote(rootOf(plan.stage))}`);
  const [name, , alias] = instruction.getArguments().map((argument) => argument.getValue());
  const base = stages.get(name!);
  plan.stage = {
    folder: join(options.work, String(stages.size)),
    below: base ? [base.folder, ...base.below] : [],
    env: { ...base?.env },
  };
  stages.set(alias ?? String(stages.size), plan.stage);
  Object.assign(image, { workingDirectory: '/', user: '', command: [] });
  lines.push(...mountStage(plan.stage));
  if (!base) lines.push(`root=${quote(rootOf(plan.stage))}`, options.prepare(name!));
}

function mountStage({ folder, below }: Stage): string[] {
  const [upper, work, root] = ['upper', 'work', 'root'].map((name) => join(folder, name));
  const lower = [...below.map((other) => join(other, 'upper')), '/'].join(':');
  return [
    `mkdir -p ${upper} ${work} ${root}`,
    `mount -t overlay overlay -o lowerdir=${lower},upperdir=${upper},workdir=${work} ${root}`,
    ...['/dev', '/proc'].map(
      (path) => `mount --rbind ${path} ${root}${path} && mount --make-rslave ${root}${path}`,
    ),
  ];
}

function planRun({ lines, stage, image }: Plan, instruction: Instruction): void {
  const env = Object.entries({ PATH, HOME: '/root', ...stage.env }).map(([name, value]) =>
    quote(`${name}=${value}`),
  );
  const command = `cd ${quote(image.workingDirectory)} && ${instruction.getArgumentsContent()}`;
  lines.push(`/usr/sbin/chroot ${quote(rootOf(stage))} env -i ${env.join(' ')} sh -c ${quote(command)}`);
}

function planCopy({ lines, stage, stages, image, options }: Plan, instruction: Instruction): void {
  const from = (instruction as Copy).getFlags().find((flag) => flag.getName() === 'from');
  const origin = from ? join(stages.get(from.getValue()!)!.folder, 'upper') : options.context;
  const paths = instruction.getArguments().map((argument) => argument.getValue());
  const target = paths.pop()!;
  const to = join(rootOf(stage), target.startsWith('/') ? '' : image.workingDirectory, target);
  for (const path of paths)
    lines.push(`copy ${quote(join(origin, path))} ${quote(to)} ${quote(basename(path))}`);
}
