import { expect, it } from 'vitest'
import { requestOf, VAULT_ADDRESS, vaultCase } from '../../test/support/vault-incident.ts'
import type { Address } from '../core/hex.ts'
import { planProbes } from './probes.ts'

it('plans the same probes in whatever order the protected contracts are named', () => {
  const other: Address = '0x0000000000000000000000000000000000000001'
  const run = async () => ({ executions: [], state: {} })
  const nothing = { alone: new Set<string>(), together: new Set<string>() }
  const plan = (...contracts: Address[]) =>
    planProbes(
      requestOf(vaultCase(), run, {
        protection: { contracts: new Set(contracts), implementations: new Map() },
      }),
      nothing,
    )
  expect(plan(VAULT_ADDRESS, other)).toEqual(plan(other, VAULT_ADDRESS))
  expect(plan(other, VAULT_ADDRESS)).not.toEqual(plan(VAULT_ADDRESS))
})
