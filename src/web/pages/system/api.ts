/** What the operator's endpoints answer; the SDK is for callers and does not know them. */
export interface SystemOverview {
  version: string;
  started_at: string;
  uptime_seconds: number;
  /** In words. */
  database: string;
  queue: { queued: number; running: number; oldest_seconds: number | null; pools: PoolOverview[] };
  workers: {
    id: string;
    description: string;
    pools: string[];
    concurrency: number;
    started_at: string;
    heartbeat_at: string;
  }[];
  leases: { held: number; expired: number };
  backends: BackendOverview[];
  accounts: { total: number };
  spent_this_month_usd: number;
}

export interface PoolOverview {
  pool: string;
  queued: number;
  running: number;
  oldest_seconds: number | null;
  /** Whether a live worker takes its requests. */
  served: boolean;
}

export interface BackendOverview {
  name: string;
  breaker: 'closed' | 'half_open' | 'open';
  retry_in_seconds: number;
  reachable: boolean | null;
  message: string;
  checked_at: string | null;
  models: string[];
}

export interface AccountOverview {
  id: string;
  name: string;
  operator: boolean;
  created_at: string;
  limits: { max_running: number | null; max_queued: number | null };
  effective_limits: { max_running: number; max_queued: number };
  queued: number;
  running: number;
  budget: { monthly_usd: number | null; spent_this_month_usd: number; remaining_usd: number | null };
}

export interface AccountPage {
  accounts: AccountOverview[];
  next_cursor: string | null;
}

export interface AccountFields {
  name: string;
  max_running: number | null;
  max_queued: number | null;
  monthly_budget_usd: number | null;
}

export interface SignInLink {
  url: string;
  expires_at: string;
}
