// What /api/v1 answers (src/doors/http/openapi.json). Times are milliseconds since 1970.

export type Overview = {
  version: string
  instance: string
  now: number
  health: { ok: boolean; message: string }
  catalog_version: number
  topics: { total: number; landing: number; records_per_s: number; items: Topic[] }
  tables: { total: number; items: Table[] }
  groups: { total: number; items: Group[] }
  runs: RunSummary[]
}

export type Topic = {
  name: string
  partitions: number
  records: number
  bytes: number
  records_per_s: number | null
  table: string | null
  not_landed: number
  landing_lag_ms: number | null
  reason: string | null
}

export type Table = { name: string; columns: number; rows: number | null; bytes: number | null; files: number | null; committed: number | null }

export type Group = { name: string; state: string; members: number; topics: string[]; lag: number }

export type RunState = 'running' | 'published' | 'failed' | 'cancelled' | 'interrupted'
export type NodeState = 'waiting' | 'running' | 'ok' | 'warn' | 'failed' | 'skipped'

export type RunSummary = {
  id: number
  project: string
  branch: string
  state: RunState
  started: number
  finished: number | null
  message: string
  published: number | null
  failed: { name: string; kind: 'model' | 'test'; failures: number | null; message: string }[]
}

export type Run = Omit<RunSummary, 'failed'> & { base: number | null; changed: number }

export type RunNode = {
  name: string
  kind: 'model' | 'test'
  materialized: string
  state: NodeState
  started: number | null
  finished: number | null
  rows: number | null
  failures: number | null
  message: string
  file: string
  sql: string
  sample: { columns: string[]; rows: (string | null)[][] } | null
}

export type ChartAnswer = { state: 'none' | 'waiting' | 'failed' | 'drawn'; reason: string; chart: ChartData | null }

export type ChartData = {
  title: string
  sql: string
  made: number
  catalog_version: number
  cut: boolean
  x: { name: string; kind: 'time' | 'number' | 'category'; values: (number | string)[] }
  series: { name: string; values: (number | null)[] }[]
}

// The answer, or an Error whose message is for the person at the page.
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(path, { headers: { accept: 'application/json' }, signal })
  if (answer.ok) return (await answer.json()) as T
  let message = `${path}: ${answer.status} ${answer.statusText}`
  try {
    message = ((await answer.json()) as { error: { message: string } }).error.message
  } catch {
    // no JSON: the status has to do
  }
  throw new Error(message)
}
