// The wire to Tarn: server-sent events say that something changed, pages then ask for what they show. It survives
// restarts of Tarn: the browser comes back by itself, and where it gives up, we begin anew.

import { get, type Overview } from './api.ts'

const gapMs = 500 // between two refreshes, however much happens
const silenceMs = 12_000 // Tarn says something every 5 s; after so long it is gone
const againMs = 1500 // until the next try where the browser has given up

class Live {
  overview = $state.raw<Overview | null>(null)
  state = $state<'connecting' | 'live' | 'lost'>('connecting')
  problem = $state('') // why the last refresh failed
  received = $state(0) // when the overview came, by our clock
  changes = $state(0) // grows with every refresh: pages ask again for what is theirs
  now = $state(Date.now()) // ticks for relative times
  skew = 0 // Tarn's clock less ours

  #source: EventSource | null = null
  #last = 0
  #due: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined

  start(): void {
    this.#connect()
    setInterval(() => (this.now = Date.now()), 1000)
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#soon()
    })
  }

  #connect(): void {
    this.#source?.close()
    const source = new EventSource('/api/v1/events')
    this.#source = source
    source.onopen = () => {
      this.#heard()
      this.#soon()
    }
    source.onerror = () => {
      this.state = 'lost'
      if (source.readyState !== EventSource.CLOSED) return // the browser tries again by itself
      this.#soon() // too many pages listen, or it is no Tarn: look anyway
      setTimeout(() => source === this.#source && this.#connect(), againMs)
    }
    source.addEventListener('beat', () => this.#heard())
    source.addEventListener('change', () => {
      this.#heard()
      this.#soon()
    })
  }

  #heard(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.state = 'lost'
      this.#connect()
    }, silenceMs)
  }

  // Now, or when the last refresh is long enough ago. A page that nobody sees asks nothing.
  #soon(): void {
    if (this.#due !== undefined || document.hidden) return
    const wait = Math.max(0, this.#last + gapMs - Date.now())
    this.#due = setTimeout(() => {
      this.#due = undefined
      void this.#refresh()
    }, wait)
  }

  async #refresh(): Promise<void> {
    this.#last = Date.now()
    this.changes += 1
    try {
      const overview = await get<Overview>('/api/v1/overview')
      this.received = this.now = Date.now()
      this.skew = overview.now - this.received
      this.overview = overview
      this.problem = ''
      this.state = 'live'
      // Rates are means over the last seconds: where something flowed, ask again, or the last rate would stand.
      if (overview.topics.records_per_s > 0) setTimeout(() => this.#soon(), 2000)
    } catch (error) {
      if (this.#source?.readyState === EventSource.OPEN) this.problem = error instanceof Error ? error.message : String(error)
    }
  }
}

export const live = new Live()

// What a page asks for by itself, again with every change; one question at a time. `path` is reactive; the last answer
// stays while the next one is on its way, or fails.
export function watched<T>(path: () => string): { readonly data: T | null; readonly problem: string } {
  let data = $state.raw<T | null>(null)
  let problem = $state('')
  let asked = ''
  let abort = new AbortController()
  let busy = false
  let again = false

  async function ask(): Promise<void> {
    const mine = abort.signal
    busy = true
    do {
      again = false
      try {
        const answer = await get<T>(asked, mine)
        if (mine.aborted) return
        data = answer
        problem = ''
      } catch (error) {
        if (mine.aborted) return
        // A connection that is lost is told once, at the top of the page.
        if (!(error instanceof TypeError)) problem = error instanceof Error ? error.message : String(error)
      }
    } while (again)
    busy = false
  }

  $effect(() => {
    const target = path()
    if (live.changes === 0) return // until the wire stands: one question is enough
    if (target === asked && busy) {
      again = true
      return
    }
    if (target !== asked) {
      abort.abort()
      abort = new AbortController()
      data = null
      problem = ''
      asked = target
    }
    void ask()
  })
  $effect(() => () => abort.abort())
  return {
    get data() {
      return data
    },
    get problem() {
      return problem
    },
  }
}
