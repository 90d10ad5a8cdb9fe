// Light, dark, or what the system says. public/theme.js applies it before the first paint.

export type Theme = 'system' | 'light' | 'dark'
const order: Theme[] = ['system', 'light', 'dark']
const system = matchMedia('(prefers-color-scheme: dark)')

class ThemeChoice {
  chosen = $state<Theme>((document.documentElement.dataset.theme as Theme | undefined) ?? 'system')
  #systemDark = $state(system.matches)
  dark = $derived(this.chosen === 'dark' || (this.chosen === 'system' && this.#systemDark))

  constructor() {
    system.addEventListener('change', () => (this.#systemDark = system.matches))
  }

  next(): void {
    this.chosen = order[(order.indexOf(this.chosen) + 1) % order.length] ?? 'system'
    if (this.chosen === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = this.chosen
    try {
      if (this.chosen === 'system') localStorage.removeItem('tarn.theme')
      else localStorage.setItem('tarn.theme', this.chosen)
    } catch {
      // no storage: it holds for this page
    }
  }
}

export const theme = new ThemeChoice()
