/** What the API says about an account: keys, money, webhooks, events. As types.ts, it keeps the wire's names. */
import type { Result, Warning } from './types.ts';

export type Scope = 'admin' | 'generate' | 'read';

export interface Key {
  id: string;
  name: string;
  /** Its first characters. */
  hint: string;
  scopes: Scope[];
  monthly_budget_usd: number | null;
  /** With what is reserved for unfinished requests. */
  spent_this_month_usd: number;
  requests_per_minute: number | null;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
}

/** The only answer that has the secret. */
export interface CreatedKey extends Key {
  key: string;
}

export interface KeyFields {
  name: string;
  scopes?: Scope[];
  monthly_budget_usd?: number | null;
  requests_per_minute?: number | null;
  expires_at?: string | null;
}

export interface Account {
  id: string;
  name: string;
  created_at: string;
  limits: { max_running: number; max_queued: number; requests_per_minute: number | null };
  queued: number;
  running: number;
  budget: { monthly_usd: number | null; spent_this_month_usd: number; remaining_usd: number | null };
  key: { id: string; scopes: Scope[]; monthly_budget_usd: number | null; spent_this_month_usd: number };
}

export interface UsageCounts {
  requests: number;
  completed: number;
  failed: number;
  cancelled: number;
  outputs: number;
  cost_usd: number;
}

export interface Usage {
  from: string;
  to: string;
  group_by: 'day' | 'model' | 'key';
  usage: (UsageCounts & { day?: string; model_id?: string; key_id?: string; key_name?: string | null })[];
  total: UsageCounts;
}

/** What a request would cost, before it is submitted. USD. */
export interface Estimate {
  model_id: string;
  /** What the result will show, when all outputs come. */
  cost: number;
  /** What a submit reserves from the budgets: `cost`, or more where a round may give several outputs. */
  max_cost: number;
  currency: 'USD';
  price_per_output: number;
  outputs: number;
  /** Whether `cost` is certain; `note` says why not. */
  exact: boolean;
  note?: string;
  /** Whether a submit would pass the budgets now. */
  within_budget: boolean;
  /** This month, the less of what key and account have left; null without a budget. */
  budget_left: number | null;
  available: boolean;
  backend: string | null;
  warnings?: Warning[];
}

/** What a request's events are called. */
export type EventType =
  | 'request.in_progress'
  | 'request.output'
  | 'request.completed'
  | 'request.failed'
  | 'request.cancelled';

/** A URL that is told of what happens to the account's requests. */
export interface Webhook {
  id: string;
  url: string;
  description: string | null;
  events: EventType[];
  enabled: boolean;
  disabled_at: string | null;
  disabled_reason: string | null;
  /** Since when deliveries fail; null while they succeed. */
  failing_since: string | null;
  created_at: string;
}

/** With what its receiver verifies signatures. */
export interface CreatedWebhook extends Webhook {
  secret: string;
}

export interface WebhookSecret {
  /** `whsec_…` */
  secret: string;
  created_at: string;
  /** Until then deliveries are signed with the secret before as well. */
  previous_valid_until: string | null;
}

export interface WebhookFields {
  url: string;
  description?: string | null;
  /** How requests end, unless told. */
  events?: EventType[];
}

export interface WebhookChanges extends Partial<WebhookFields> {
  /** True switches one on again that was disabled. */
  enabled?: boolean;
}

export type DeliveryState = 'pending' | 'delivered' | 'failed';

export interface Delivery {
  id: string;
  /** `webhook-id`, the same for every attempt and every receiver. */
  message_id: string;
  type: EventType | 'webhook.test';
  request_id: string | null;
  /** Null: the URL was named at the submit. */
  webhook_id: string | null;
  /** For keys without the scope `admin` its origin alone. */
  url: string;
  state: DeliveryState;
  attempt_count: number;
  created_at: string;
  next_attempt_at: string | null;
  ended_at: string | null;
  /** What went wrong last. */
  error: string | null;
}

export interface DeliveryAttempt {
  number: number;
  at: string;
  duration_ms: number;
  /** Of the answer; null: there was none. */
  status: number | null;
  /** Why it was not delivered; null: it was. */
  error: string | null;
  /** How the answer began. */
  excerpt: string | null;
}

export interface DeliveryDetail extends Delivery {
  /** The newest first. */
  attempts: DeliveryAttempt[];
  /** What is sent; null when the request is gone. */
  payload: Record<string, unknown> | null;
}

export interface DeliveryPage {
  deliveries: Delivery[];
  next_cursor: string | null;
}

/** Something that happened to one of the account's requests. */
export interface AccountEvent {
  /** Where to go on after it. */
  id: string;
  type: EventType;
  timestamp: string;
  /** The request as it was then. */
  data: Result;
}
