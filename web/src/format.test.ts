import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, brief, bytes, count, duration, plural, rate } from './format.ts'

test('numbers say their unit and stay short', () => {
  assert.equal(count(1234567), '1,234,567')
  assert.equal(brief(999_999), '999,999')
  assert.equal(brief(1234567), '1.2M')
  assert.equal(plural(1, 'row'), '1 row')
  assert.equal(plural(2, 'query', 'queries'), '2 queries')
  assert.equal(rate(0), '0 /s')
  assert.equal(rate(0.25), '0.3 /s')
  assert.equal(rate(12345.6), '12,346 /s')
  assert.equal(bytes(0), '0 B')
  assert.equal(bytes(1536), '1.5 KiB')
  assert.equal(bytes(200 * 1024 * 1024), '200 MiB')
})

test('times are as exact as a person wants them', () => {
  assert.equal(duration(-5), '0 ms')
  assert.equal(duration(12.4), '12 ms')
  assert.equal(duration(1200), '1.2 s')
  assert.equal(duration(9970), '10 s')
  assert.equal(duration(61_000), '61 s')
  assert.equal(duration(10 * 60_000), '10 min')
  assert.equal(duration(5 * 3600_000), '5 h')
  assert.equal(duration(80 * 3600_000), '3 days')
  assert.equal(ago(1000, 1500), 'just now')
  assert.equal(ago(1000, 500), 'just now')
  assert.equal(ago(0, 3000), '3 s ago')
  assert.equal(ago(0, 12_400), '12 s ago')
  assert.equal(ago(0, 7200_000), '2 h ago')
})
