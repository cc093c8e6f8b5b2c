/** What commands are given that work on a server as well as on the installation. */
import type { Scope, Usage } from '../client/index.ts';
import type { PlaceOptions } from './place.ts';

export interface CreateKeyOptions extends PlaceOptions {
  name: string;
  account?: string;
  scopes: Scope[];
  budget?: number;
  ratePerMinute?: number;
  expires?: string;
}

export interface ListModelsOptions extends PlaceOptions {
  search?: string;
}

export interface UsageOptions extends PlaceOptions {
  from?: string;
  to?: string;
  by: Usage['group_by'];
  account?: string;
}
