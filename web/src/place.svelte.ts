// Where the page is: links within the console change it without loading anew.

import { route, type Route } from './route.ts'

class Place {
  path = $state(location.pathname)
  route: Route = $derived(route(this.path))
  moved = false

  constructor() {
    addEventListener('popstate', () => this.#arrive(location.pathname))
    addEventListener('click', (event) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
      const link = event.target instanceof Element ? event.target.closest('a') : null
      if (!link || link.target || link.origin !== location.origin || link.hash || route(link.pathname).page === 'none') return
      event.preventDefault()
      this.go(link.pathname)
    })
  }

  go(path: string): void {
    if (path === this.path) return
    history.pushState(null, '', path)
    this.#arrive(path)
    scrollTo(0, 0)
  }

  #arrive(path: string): void {
    this.moved = true
    this.path = path
  }
}

export const place = new Place()

// Each page's h1 has it: who can't see that the page changed hears its name.
export function heading(element: HTMLElement): void {
  if (place.moved) element.focus({ preventScroll: true })
}
