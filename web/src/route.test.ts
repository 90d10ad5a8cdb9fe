import assert from 'node:assert/strict'
import { test } from 'node:test'
import { route } from './route.ts'

test('every page has its path', () => {
  assert.deepEqual(route('/'), { page: 'home' })
  assert.deepEqual(route('/runs'), { page: 'runs' })
  assert.deepEqual(route('/runs/'), { page: 'runs' })
  assert.deepEqual(route('/runs/17'), { page: 'run', id: 17 })
  for (const path of ['/runs/x', '/runs/1/2', '/nope']) assert.deepEqual(route(path), { page: 'none' })
})
