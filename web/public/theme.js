// Before anything is painted: the theme that was chosen, if one was. The rest is style.css's.
(() => {
  try {
    const chosen = localStorage.getItem('tarn.theme')
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
  } catch {
    // no storage: the system's theme
  }
})()
