// The console in a real browser, over a real Tarn: what it shows and when, what it loads and from where, that a keyboard
// is enough, that axe finds nothing in either theme at either width, that it lives on over a restart. Screenshots of all
// of it go to build/console.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const { TARN, TARN_ROOT, TARN_WEB_TEST_PACKAGES } = process.env
const packages = createRequire(join(TARN_WEB_TEST_PACKAGES, 'package.json'))
const { chromium } = packages('playwright-core')
const { AxeBuilder } = packages('@axe-core/playwright')
const run = promisify(execFile)

const firstLoadMax = 60 * 1024
const shownMax = 1000 // ms from a commit to the page that shows it
const shiftMax = 0.02 // cumulative layout shift of a load
const widths = { wide: { width: 1440, height: 1000 }, narrow: { width: 360, height: 780 } }
const shots = join(TARN_ROOT, 'build/console')

let failed = 0
async function test(name, body) {
  try {
    await body()
    console.log(`ok ${name}`)
  } catch (error) {
    failed += 1
    console.log(error.stack)
    console.log(`not ok ${name}: ${String(error.message).split('\n')[0]}`)
  }
}

// ---- the platform

const project = mkdtempSync(join(tmpdir(), 'tarn-console-'))
const write = (name, text) => {
  mkdirSync(join(project, name, '..'), { recursive: true })
  writeFileSync(join(project, name), text)
}
write('dashboards/home.yaml', 'title: Fares by city\nx: hour\ny: fares\nseries: city\nsql: |\n  select hour::timestamp as hour, city, sum(fare) as fares\n  from rides group by 1, 2\n')
write('dbt_project.yml', 'name: rides\nversion: "1.0"\nprofile: tarn\nmodel-paths: [models]\n')
write('models/cities.sql', "{{ config(materialized='table') }}\nselect city, count(*) as rides, sum(fare) as fares\nfrom {{ source('stream', 'rides') }}\ngroup by city\n")
write('models/schema.yml', 'version: 2\nmodels:\n  - name: cities\n    columns:\n      - name: city\n        data_tests: [not_null, unique]\n      - name: rides\n        data_tests:\n          - accepted_values: {values: [1], quote: false}\n')

let tarn
let doors = { kafka: '127.0.0.1:0', pg: '127.0.0.1:0', http: '127.0.0.1:0' }
async function start() {
  const options = Object.entries(doors).flatMap(([door, address]) => [`--${door}`, address])
  tarn = spawn(TARN, ['up', project, ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
  const line = await new Promise((resolve, reject) => {
    tarn.stdout.once('data', (data) => resolve(String(data)))
    tarn.once('exit', (code) => reject(new Error(`tarn up ended with ${code}`)))
  })
  doors = Object.fromEntries([...line.matchAll(/(kafka|pg|http)=(\S+)/g)].map(([, door, address]) => [door, address]))
}
async function stop(signal) {
  const ended = new Promise((resolve) => tarn.once('exit', resolve))
  tarn.kill(signal)
  await ended
}

const cities = ['Oslo', 'Bergen', 'Tromsø']
let produced = 0
async function produce(topic, count) {
  let lines = ''
  for (let i = 0; i < count; i += 1, produced += 1) {
    const hour = new Date(Date.UTC(2024, 1, 1, produced % 240)).toISOString().slice(0, 19).replace('T', ' ')
    lines += `${JSON.stringify({ ride: produced, city: cities[produced % 3], fare: 10 + (produced % 37) / 2, hour })}\n`
  }
  const kcat = spawn('kcat', ['-b', doors.kafka, '-P', '-t', topic], { stdio: ['pipe', 'ignore', 'ignore'] })
  kcat.stdin.end(lines)
  await new Promise((resolve) => kcat.once('exit', resolve))
}
const land = () => run(TARN, ['land', '--project', project])

// ---- the browser

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] })
const errors = []
const abroad = []
async function open(options = {}) {
  const context = await browser.newContext({ viewport: widths.wide, ...options })
  const page = await context.newPage()
  await page.addInitScript(() => {
    globalThis.shift = 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
  })
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url())
    if (protocol !== 'http:' || hostname !== '127.0.0.1') abroad.push(request.url())
  })
  return page
}
const home = (path = '/') => `http://${doors.http}${path}`
const row = (page, card, name) => page.getByRole('region', { name: card }).getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })

await start()
try {
  await test('an empty platform says how to begin', async () => {
    const page = await open()
    await page.goto(home())
    await page.getByText('No topic yet').waitFor()
    await page.getByText('Nobody reads in a group').waitFor()
    await page.getByText('No models have been built yet').waitFor()
    assert.equal(await page.title(), 'Tarn')
    await look(page, 'empty')
    await page.context().close()
  })

  await produce('rides', 3000)
  await land()
  const page = await open()

  await test('Home shows topics, tables and the chart', async () => {
    await page.goto(home())
    await row(page, 'Topics', 'rides').getByText('all landed').waitFor()
    assert.match(await row(page, 'Tables', 'public.rides').textContent(), /3,000/)
    await page.getByRole('application', { name: /Fares by city/ }).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
  })

  await test(`a commit shows within ${shownMax} ms, without a reload`, async () => {
    await page.evaluate(() => (globalThis.mark = 'the same page'))
    for (const rows of ['3,010', '3,020', '3,030']) {
      await produce('rides', 10)
      await land()
      const committed = Date.now()
      await row(page, 'Tables', 'public.rides').getByText(rows).waitFor({ timeout: 10_000 })
      const took = Date.now() - committed
      assert.ok(took <= shownMax, `${took} ms`)
    }
    assert.equal(await page.evaluate(() => globalThis.mark), 'the same page')
  })

  await test(`the first load takes ${firstLoadMax / 1024} KiB at most, and moves nothing once it stands`, async () => {
    const fresh = await open()
    const network = await fresh.context().newCDPSession(fresh)
    await network.send('Network.enable')
    let bytes = 0
    network.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength))
    await fresh.goto(home())
    await fresh.getByRole('application', { name: /Fares by city/ }).waitFor()
    await fresh.waitForTimeout(500)
    console.log(`first load: ${(bytes / 1024).toFixed(1)} KiB, layout shift ${(await fresh.evaluate(() => globalThis.shift)).toFixed(4)}`)
    assert.ok(bytes > 20_000 && bytes <= firstLoadMax, `${bytes} bytes`)
    assert.ok((await fresh.evaluate(() => globalThis.shift)) <= shiftMax, `layout shift ${await fresh.evaluate(() => globalThis.shift)}`)
    await fresh.context().close()
  })

  await test('groups show with their lag', async () => {
    const reader = spawn('kcat', ['-b', doors.kafka, '-G', 'readers', '-e', '-X', 'auto.offset.reset=earliest', 'rides'], { stdio: 'ignore' })
    await row(page, 'Consumer groups', 'readers').getByText(/\d/).first().waitFor({ timeout: 20_000 })
    reader.kill()
  })

  await test('a run shows as it goes, with what failed and the rows that did', async () => {
    await run(TARN, ['build', project]).catch(() => undefined) // 1: a test of it fails
    const failedRun = page.getByRole('region', { name: 'Last runs' }).getByRole('listitem').filter({ hasText: 'Run 1' })
    await failedRun.getByText(/1 test failed: accepted_values/).waitFor({ timeout: 10_000 })
    await failedRun.getByRole('link').click()
    await page.getByRole('heading', { name: 'Run 1' }).waitFor()
    assert.equal(await page.title(), 'Run 1 · Tarn')
    await page.locator('summary').filter({ hasText: 'accepted_values' }).click()
    await page.getByRole('table', { name: /Some of the rows that fail/ }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Topics' }).waitFor()
    assert.equal(await page.evaluate(() => globalThis.mark), 'the same page')
  })

  await test('a keyboard is enough', async () => {
    await page.goto(home())
    await row(page, 'Topics', 'rides').waitFor()
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.getAttribute('aria-label') || '')
    const tab = async (times = 1) => {
      for (let i = 0; i < times; i += 1) await page.keyboard.press('Tab')
    }
    await tab()
    assert.equal(await focused(), 'Skip to the page')
    await tab(3)
    assert.equal(await focused(), 'Runs')
    await tab()
    assert.match(await focused(), /System/)
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light')
    await page.keyboard.press('Space')
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark')
    await page.reload()
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark', 'the choice stays')
    const chart = page.getByRole('application', { name: /Fares by city/ })
    await chart.focus()
    await page.keyboard.press('Home')
    await page.locator('.point').getByText('2024-02-01', { exact: true }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.locator('.point').getByText('2024-02-01 01:00').waitFor()
    const twin = page.getByRole('button', { name: 'Table' })
    await twin.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('table', { name: 'Fares by city' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Runs', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor()
    assert.equal(await focused(), 'Runs')
  })

  for (const colorScheme of ['light', 'dark'])
    for (const [name, viewport] of Object.entries(widths))
      await test(`nothing for axe to find, nothing cut off: ${colorScheme}, ${viewport.width} px`, async () => {
        const seen = await open({ colorScheme, viewport })
        for (const [what, path, ready] of [
          ['home', '/', () => seen.getByRole('application', { name: /Fares by city/ })],
          ['runs', '/runs', () => seen.getByRole('link', { name: 'Run 1' })],
          ['run', '/runs/1', () => seen.locator('summary').first()],
        ]) {
          await seen.goto(home(path))
          await ready().waitFor()
          if (what === 'run') await seen.locator('summary').filter({ hasText: 'accepted_values' }).click()
          await look(seen, `${what}-${name}-${colorScheme}`)
        }
        await seen.goto(home('/runs/999'))
        await seen.getByText('no run 999').waitFor()
        await look(seen, `missing-${name}-${colorScheme}`, false)
        await seen.context().close()
      })

  await test('nothing moves for who wants nothing to move', async () => {
    const still = await open({ reducedMotion: 'reduce' })
    await still.goto(home('/runs/1'))
    await still.locator('summary').first().waitFor()
    assert.equal(await still.locator('summary .fold').first().evaluate((element) => getComputedStyle(element).transitionDuration), '0s')
    await still.context().close()
  })

  await test('no request went abroad, no error was on the console', async () => {
    assert.deepEqual(abroad, [])
    assert.deepEqual(errors.filter((text) => !text.includes('404')), []) // /runs/999 was ours
  })

  await test('the page lives on over a crash and restart of Tarn', async () => {
    await page.goto(home())
    await row(page, 'Topics', 'rides').waitFor()
    await page.evaluate(() => (globalThis.mark = 'still the same page'))
    await stop('SIGKILL')
    await page.getByText('Tarn does not answer').waitFor({ timeout: 10_000 })
    await page.getByText('Reconnecting').waitFor()
    await look(page, 'lost')
    await start()
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 20_000 })
    await produce('rides', 70)
    await land()
    await row(page, 'Tables', 'public.rides').getByText('3,100').waitFor({ timeout: 5_000 })
    assert.equal(await page.getByText('Tarn does not answer').count(), 0)
    assert.equal(await page.evaluate(() => globalThis.mark), 'still the same page')
  })
} finally {
  await browser.close()
  await stop('SIGTERM')
}
process.exit(failed ? 1 : 0)

// A screenshot; axe; and no page is wider than its window.
async function look(page, name, shot = true) {
  if (shot) {
    mkdirSync(shots, { recursive: true })
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
  }
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(violations.map((found) => `${name}: ${found.id}: ${found.nodes.map((node) => node.target).join(', ')}`), [])
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: wider than the window`)
}
