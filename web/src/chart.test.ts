import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChartData } from './api.ts'
import { tickText, xRange, xText, yText, yTick } from './chart.ts'

const chart = (kind: ChartData['x']['kind']): ChartData => ({ title: '', sql: '', made: 0, catalog_version: 0, cut: false, x: { name: 'x', kind, values: [] }, series: [] })
const noon = Date.UTC(2024, 1, 3, 12, 30) / 1000

test('times are shown as the SQL gave them', () => {
  assert.equal(xText(chart('time'), noon), '2024-02-03 12:30')
  assert.equal(xText(chart('time'), noon + 5), '2024-02-03 12:30:05')
  assert.equal(xText(chart('time'), noon - 45000), '2024-02-03')
  assert.equal(xText(chart('number'), 1234.567), '1,234.57')
  assert.equal(xText(chart('category'), 'Queens'), 'Queens')
  assert.equal(yText(null), '–')
})

test('ticks are as coarse as their distance', () => {
  assert.equal(tickText(noon, 60), '12:30')
  assert.equal(tickText(noon, 5), '12:30:00')
  assert.equal(tickText(noon - 45000, 3600), '3 Feb')
  assert.equal(tickText(noon, 86400), '3 Feb')
  assert.equal(tickText(noon, 31 * 86400), 'Feb 2024')
  assert.equal(tickText(noon, 366 * 86400), '2024')
})

test('ticks keep their fraction, and one bar or moment stands in the middle', () => {
  assert.deepEqual([0, 2.5, 1000, 2_500_000].map(yTick), ['0', '2.5', '1,000', '2.5M'])
  assert.deepEqual(xRange('category', 1, 0, 100), [-0.6, 0.6])
  assert.deepEqual(xRange('category', 3, 0, 2), [-0.6, 2.6])
  assert.deepEqual(xRange('time', 1, noon, noon + 86400_000), [noon - 43200, noon + 43200])
  assert.deepEqual(xRange('time', 2, noon, noon + 60), [noon, noon + 60])
})
