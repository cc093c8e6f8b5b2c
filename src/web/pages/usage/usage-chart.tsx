import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { useFormat } from '../../lib/use-format.ts';
import type { UsageRow } from './rows.ts';
import type { GROUPS, MEASURES } from './search.ts';

export interface UsageChartProps {
  rows: readonly UsageRow[];
  grouping: (typeof GROUPS)[number];
  measure: (typeof MEASURES)[number];
}

const HEIGHT = 288;
const BAR = 36;
const MOST_BARS = 12;
const TICK = { fill: 'var(--color-ink-faint)', fontSize: 12 };

/** For the eye: the table below says the same to everybody. */
export default function UsageChart({ rows, grouping, measure }: UsageChartProps) {
  const { money, number, date } = useFormat();
  const value = measure === 'cost' ? 'cost_usd' : 'outputs';
  const show = (amount: unknown): string =>
    measure === 'cost' ? money(Number(amount)) : number(Number(amount));
  const brief = (amount: number): string =>
    number(amount, {
      notation: 'compact',
      ...(measure === 'cost' && { style: 'currency', currency: 'USD', minimumFractionDigits: 0 }),
    });
  const nameOf = (name: string): string =>
    grouping === 'day' ? date(`${name}T12:00:00Z`, { month: 'short', day: 'numeric' }) : name;
  const days = grouping === 'day';
  const data = days ? rows : rows.toSorted((a, b) => b[value] - a[value]).slice(0, MOST_BARS);
  const amounts = { tick: TICK, tickLine: false, axisLine: false, tickFormatter: brief } as const;
  const names = {
    dataKey: 'name',
    tick: TICK,
    tickLine: false,
    axisLine: false,
    tickFormatter: nameOf,
  } as const;
  return (
    <div aria-hidden style={{ height: days ? HEIGHT : Math.max(120, data.length * BAR + 40) }}>
      <ResponsiveContainer width="100%" height="100%">
        <BarChart
          data={[...data]}
          layout={days ? 'horizontal' : 'vertical'}
          margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
          accessibilityLayer={false}
        >
          <CartesianGrid horizontal={days} vertical={!days} stroke="var(--color-line)" />
          {days ? <XAxis {...names} minTickGap={28} /> : <XAxis type="number" {...amounts} />}
          {days ? (
            <YAxis {...amounts} width={52} allowDecimals={measure === 'cost'} />
          ) : (
            <YAxis type="category" {...names} width={150} interval={0} tickFormatter={short} />
          )}
          <Tooltip
            cursor={{ fill: 'var(--color-hover)' }}
            isAnimationActive={false}
            content={({ active, payload }) => {
              const row = payload?.[0]?.payload as UsageRow | undefined;
              if (!active || !row) return null;
              return (
                <div className="rounded-md border border-line bg-raised px-3 py-2 text-sm shadow-raised">
                  <div className="text-ink-soft">{nameOf(row.name)}</div>
                  <div className="font-semibold tabular-nums">{show(row[value])}</div>
                </div>
              );
            }}
          />
          <Bar
            dataKey={value}
            fill="var(--color-accent)"
            radius={days ? [3, 3, 0, 0] : [0, 3, 3, 0]}
            maxBarSize={days ? 28 : 20}
            isAnimationActive={false}
          />
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}

/** The end of a model's id tells it from the others. */
const short = (name: string): string => (name.length > 22 ? `…${name.slice(-21)}` : name);
