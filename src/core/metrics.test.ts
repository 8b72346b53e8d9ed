import { expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'

it('names every metric after the product, with its unit, once per registry', async () => {
  const { registry } = createMetrics()
  createMetrics()
  const metrics = await registry.getMetricsAsJSON()
  expect(metrics.length).toBeGreaterThan(10)
  for (const { name, type } of metrics as unknown as { name: string; type: string }[]) {
    expect(name).toMatch(/^suture_[a-z_]+$/)
    if (type === 'counter') expect(name).toMatch(/_total$/)
    if (type === 'histogram') expect(name).toMatch(/_seconds$/)
  }
})
