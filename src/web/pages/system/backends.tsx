import { CircleAlert, CircleCheck, CircleDashed, TimerReset } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Badge, type Tone } from '../../components/badge.tsx';
import { Section } from '../../components/card.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { EmptyState } from '../../components/states.tsx';
import type { BackendOverview } from './api.ts';

type Health = 'well' | 'unchecked' | 'resting' | 'unreachable' | 'broken';

const LOOKS: Record<Health, { tone: Tone; icon: ReactNode }> = {
  well: { tone: 'good', icon: <CircleCheck aria-hidden /> },
  unchecked: { tone: 'neutral', icon: <CircleDashed aria-hidden /> },
  resting: { tone: 'warn', icon: <TimerReset aria-hidden /> },
  unreachable: { tone: 'bad', icon: <CircleAlert aria-hidden /> },
  broken: { tone: 'bad', icon: <CircleAlert aria-hidden /> },
};

const healthOf = ({ breaker, reachable }: BackendOverview): Health => {
  if (breaker === 'open') return 'broken';
  if (breaker === 'half_open') return 'resting';
  if (reachable === null) return 'unchecked';
  return reachable ? 'well' : 'unreachable';
};

export function Backends({ backends }: { backends: readonly BackendOverview[] }) {
  const { t } = useTranslation('system');
  return (
    <Section title={t('backends.title')} description={t('backends.description')}>
      {backends.length === 0 ? (
        <EmptyState title={t('backends.empty')} className="py-8!" />
      ) : (
        <ul className="-my-3 divide-y divide-line">
          {backends.map((backend) => (
            <Backend key={backend.name} backend={backend} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Backend({ backend }: { backend: BackendOverview }) {
  const { t } = useTranslation('system');
  const health = healthOf(backend);
  const { tone, icon } = LOOKS[health];
  return (
    <li className="py-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="font-medium">{backend.name}</span>
        <Badge tone={tone} icon={icon}>
          {t(`backends.health.${health}`, { seconds: Math.ceil(backend.retry_in_seconds) })}
        </Badge>
      </div>
      {backend.message && <p className="mt-1 break-words text-ink-soft text-sm">{backend.message}</p>}
      <p className="mt-1 text-ink-faint text-sm">
        {t('backends.models', { count: backend.models.length })}
        {backend.checked_at && (
          <>
            {' · '}
            {t('backends.checked')} <RelativeTime time={backend.checked_at} />
          </>
        )}
      </p>
    </li>
  );
}
