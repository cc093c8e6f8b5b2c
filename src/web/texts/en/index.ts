/** English, the source: a file for each page, named in all three languages alike. */
import { common } from './common.ts';
import { explore } from './explore.ts';
import { generations } from './generations.ts';
import { keys } from './keys.ts';
import { playground } from './playground.ts';
import { signIn } from './sign-in.ts';
import { system } from './system.ts';
import { usage } from './usage.ts';
import { webhooks } from './webhooks.ts';

export const en = { common, explore, generations, keys, playground, signIn, system, usage, webhooks };
