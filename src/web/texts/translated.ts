import type { en } from './en/index.ts';

/** What another language has to have: every key of English but the singulars, which not every language has. */
type Translated<Source> = Source extends string
  ? string
  : {
      [Key in keyof Source as Key extends `${string}_one` ? never : Key]: Translated<Source[Key]>;
    } & { [Key in keyof Source as Key extends `${string}_one` ? Key : never]?: Translated<Source[Key]> };
export type Texts = Translated<typeof en>;
