// Where the page is: links within the console change it without loading anew.

import { route, type Route } from './route.ts'

class Place {
  path = $state(location.pathname)
  route: Route = $derived(route(this.path))

  constructor() {
    addEventListener('popstate', () => (this.path = location.pathname))
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
    this.path = path
    scrollTo(0, 0)
  }
}

export const place = new Place()
