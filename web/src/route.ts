// A path of the address bar as a page. The door serves the same index for each of them (src/doors/http/console.cc).

export type Route = { page: 'home' } | { page: 'runs' } | { page: 'run'; id: number } | { page: 'none' }

export function route(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '')
  if (parts.length === 0) return { page: 'home' }
  if (parts[0] === 'runs' && parts.length === 1) return { page: 'runs' }
  if (parts[0] === 'runs' && parts.length === 2 && /^\d{1,15}$/.test(parts[1] ?? '')) return { page: 'run', id: Number(parts[1]) }
  return { page: 'none' }
}
