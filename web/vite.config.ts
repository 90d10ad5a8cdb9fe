import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

// `tools/web dev` serves the sources and passes /api on to a running platform.
const platform = `http://${process.env.TARN_HTTP ?? '127.0.0.1:8276'}`

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: '../build/web/dist',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    assetsInlineLimit: 0, // the content security policy allows no data: URLs
  },
  server: { host: '127.0.0.1', proxy: { '/api': platform } },
})
