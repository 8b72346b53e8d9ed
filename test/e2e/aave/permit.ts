import { parseSignature } from 'viem'
import { foundry } from 'viem/chains'
import type { Address, Hex } from '../../../src/core/hex.ts'
import { toAddress } from '../../../src/core/hex.ts'
import { funded } from '../../governance/gate-fixture.ts'
import type { World } from '../../support/onboard-world.ts'

interface PermitOptions {
  readonly token: Address
  readonly owner: Address
  readonly spender: Address
  readonly value: bigint
}

interface Permit {
  readonly deadline: bigint
  readonly v: number
  readonly r: Hex
  readonly s: Hex
}

const DEADLINE = 2n ** 64n
const word = (name: string, type: string) => ({ name, type })

/** An ERC-2612 permit of one of the node's own accounts. */
export async function signPermit(
  world: World,
  { token, owner, spender, value }: PermitOptions,
): Promise<Permit> {
  const index = world.accounts.indexOf(toAddress(owner))
  const name = (await world.read(token, 'name() view returns (string)')) as string
  const nonce = (await world.read(token, 'nonces(address) view returns (uint256)', [owner])) as bigint
  const signature = await funded(index).signTypedData({
    domain: { name, version: '1', chainId: foundry.id, verifyingContract: token },
    primaryType: 'Permit',
    types: {
      Permit: [
        word('owner', 'address'),
        word('spender', 'address'),
        word('value', 'uint256'),
        word('nonce', 'uint256'),
        word('deadline', 'uint256'),
      ],
    },
    message: { owner, spender, value, nonce, deadline: DEADLINE },
  })
  const { r, s, v } = parseSignature(signature)
  return { deadline: DEADLINE, v: Number(v), r, s }
}
