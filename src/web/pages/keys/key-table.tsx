import { Ban, Ellipsis, Pencil } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Key } from '../../../client/index.ts';
import { Badge } from '../../components/badge.tsx';
import { IconButton } from '../../components/button.tsx';
import { Menu, MenuItem } from '../../components/menu.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat } from '../../lib/use-format.ts';
import { useAccount } from '../../session/account.tsx';
import { scopeOf } from './scopes.ts';

export interface KeyTableProps {
  keys: readonly Key[];
  onEdit: (key: Key) => void;
  onRevoke: (key: Key) => void;
}

export function KeyTable({ keys, onEdit, onRevoke }: KeyTableProps) {
  const { t } = useTranslation('keys');
  return (
    <Table
      caption={t('caption')}
      rows={keys}
      rowKey={({ id }) => id}
      columns={[
        { key: 'name', header: t('columns.name'), cell: (key) => <KeyName apiKey={key} /> },
        {
          key: 'scope',
          header: t('columns.scope'),
          wideOnly: true,
          cell: (key) => t(`scopes.${scopeOf(key)}.name`),
        },
        {
          key: 'budget',
          header: t('columns.budget'),
          wideOnly: true,
          cell: (key) => <Spent apiKey={key} />,
        },
        {
          key: 'lastUsed',
          header: t('columns.lastUsed'),
          wideOnly: true,
          cell: ({ last_used_at }) => (last_used_at ? <RelativeTime time={last_used_at} /> : t('never')),
        },
        {
          key: 'created',
          header: t('columns.created'),
          wideOnly: true,
          cell: ({ created_at }) => <RelativeTime time={created_at} />,
        },
        {
          key: 'actions',
          header: <span className="sr-only">{t('columns.actions')}</span>,
          align: 'end',
          cell: (key) =>
            key.revoked_at === null && (
              <Menu
                trigger={
                  <IconButton label={`${t('columns.actions')}: ${key.name}`} size="sm">
                    <Ellipsis />
                  </IconButton>
                }
              >
                <MenuItem onSelect={() => onEdit(key)}>
                  <Pencil aria-hidden /> {t('edit')}
                </MenuItem>
                <MenuItem danger onSelect={() => onRevoke(key)}>
                  <Ban aria-hidden /> {t('revoke')}
                </MenuItem>
              </Menu>
            ),
        },
      ]}
    />
  );
}

function KeyName({ apiKey }: { apiKey: Key }) {
  const { t } = useTranslation('keys');
  const { relative } = useFormat();
  const { key } = useAccount();
  const { id, name, hint, revoked_at, expires_at } = apiKey;
  const over = expires_at !== null && Date.parse(expires_at) <= Date.now();
  return (
    <div className="min-w-0">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="break-words font-medium">{name}</span>
        {id === key.id && <Badge tone="accent">{t('thisKey')}</Badge>}
        {revoked_at && <Badge>{t('revokedAt', { time: relative(revoked_at) })}</Badge>}
        {!revoked_at && expires_at && (
          <Badge tone={over ? 'neutral' : 'warn'}>
            {t(over ? 'expired' : 'expiresAt', { time: relative(expires_at) })}
          </Badge>
        )}
      </div>
      <code className="font-mono text-ink-faint text-xs">{hint}…</code>
      <div className="mt-1 text-ink-soft text-xs md:hidden">
        {t(`scopes.${scopeOf(apiKey)}.name`)} · {useSpentText(apiKey)}
      </div>
    </div>
  );
}

/** What it has spent this month, and of how much. */
function useSpentText({ spent_this_month_usd: spent, monthly_budget_usd: budget }: Key): string {
  const { t } = useTranslation('keys');
  const { money } = useFormat();
  return budget === null
    ? t('noBudget', { spent: money(spent) })
    : t('budgetOf', { spent: money(spent), budget: money(budget) });
}

function Spent({ apiKey }: { apiKey: Key }) {
  const { spent_this_month_usd: spent, monthly_budget_usd: budget } = apiKey;
  const text = useSpentText(apiKey);
  if (budget === null) return <span className="text-ink-soft">{text}</span>;
  const share = budget === 0 ? 1 : Math.min(1, spent / budget);
  return (
    <div className="min-w-28">
      <span>{text}</span>
      <div aria-hidden className="mt-1.5 h-1 w-full overflow-hidden rounded-full bg-sunken">
        <div
          className={share > 0.9 ? 'h-full bg-bad' : 'h-full bg-accent'}
          style={{ width: `${Math.max(share * 100, share > 0 ? 3 : 0)}%` }}
        />
      </div>
    </div>
  );
}
