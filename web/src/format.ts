// Numbers and times as people read them. Every number says its unit.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

export const count = (value: number): string => whole.format(value)
// 123,456 in full, 1.2M from a million on: for where there is little room.
export const brief = (value: number): string => (Math.abs(value) < 1e6 ? whole.format(value) : short.format(value))
export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0 /s'
  if (perSecond < 10) return `${perSecond.toFixed(1)} /s`
  return `${brief(Math.round(perSecond))} /s`
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
export function bytes(value: number): string {
  let unit = 0
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : whole.format(value)} ${byteUnits[unit]}`
}

export function duration(ms: number): string {
  if (ms < 0) ms = 0
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 90) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${whole.format(Math.round(hours / 24))} days`
}

// "12 s ago"; whole seconds, so that it does not flicker.
export function ago(when: number, now: number): string {
  const passed = now - when
  if (passed < 1500) return 'just now'
  return `${duration(Math.max(2000, Math.round(passed / 1000) * 1000)).replace('.0', '')} ago`
}

export const moment = (when: number): string => new Date(when).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
