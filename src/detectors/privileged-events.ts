import { toEventSelector } from 'viem'
import type { Hex } from '../core/hex.ts'

/** Slots that proxies keep their authority in (ERC-1967). */
export const PROXY_SLOTS: ReadonlyMap<Hex, string> = new Map([
  ['0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc', 'implementation'],
  ['0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103', 'admin'],
  ['0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50', 'beacon'],
])

/** Events by which contracts announce a change of authority, and what changed. */
export const PRIVILEGED_EVENTS: ReadonlyMap<Hex, string> = new Map(
  (
    [
      ['event OwnershipTransferred(address indexed previousOwner, address indexed newOwner)', 'owner'],
      ['event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)', 'role'],
      [
        'event RoleAdminChanged(bytes32 indexed role, bytes32 indexed previous, bytes32 indexed next)',
        'role',
      ],
      ['event AdminChanged(address previousAdmin, address newAdmin)', 'admin'],
      ['event Upgraded(address indexed implementation)', 'implementation'],
      ['event BeaconUpgraded(address indexed beacon)', 'beacon'],
      ['event Initialized(uint8 version)', 'initialiser'],
      ['event Initialized(uint64 version)', 'initialiser'],
      ['event DiamondCut((address,uint8,bytes4[])[] cut, address init, bytes data)', 'facets'],
    ] as const
  ).map(([signature, what]) => [toEventSelector(signature), what]),
)
