// A chart's values as text.
import type { ChartData } from './api.ts'
import { brief } from './format.ts'

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })

export function xText(chart: ChartData, x: number | string): string {
  if (typeof x === 'string') return x
  if (chart.x.kind !== 'time') return number.format(x)
  // Times are as the SQL gave them: a time zone would move them.
  const text = new Date(x * 1000).toISOString()
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, text.endsWith(':00.000Z') ? 16 : 19)}`
}

// A tick of a time axis whose ticks are `step` seconds apart.
export function tickText(seconds: number, step: number): string {
  const date = new Date(seconds * 1000)
  const part = (options: Intl.DateTimeFormatOptions) => date.toLocaleString('en-GB', { timeZone: 'UTC', ...options })
  if (step >= 300 * 86400) return part({ year: 'numeric' })
  if (step >= 27 * 86400) return part({ month: 'short', year: 'numeric' })
  if (step >= 86400 || seconds % 86400 === 0) return part({ day: 'numeric', month: 'short' })
  return part({ hour: '2-digit', minute: '2-digit', ...(step < 60 ? { second: '2-digit' } : {}) })
}

export const yText = (y: number | null | undefined): string => (y === null || y === undefined ? '–' : number.format(y))
export const yTick = (y: number): string => (Math.abs(y) < 1e6 ? number.format(y) : brief(y))

// What the x axis spans: half a bar more than all bars, and a day around a moment that stands alone.
export function xRange(kind: ChartData['x']['kind'], points: number, from: number, to: number): [number, number] {
  if (kind === 'category') return [-0.6, points - 0.4]
  if (kind === 'time' && points === 1) return [from - 43200, from + 43200]
  return [from, to]
}
