import type { Abi } from 'viem'
import { type Address, ZERO_ADDRESS } from '../../../src/core/hex.ts'
import { erc1967ProxyAbi, erc1967ProxyBytecode } from '../../../src/generated/contracts.ts'
import { type CompiledContract, compileSolidity } from '../../support/compile-solidity.ts'
import { encode, type World } from '../../support/onboard-world.ts'
import { type Cast, PLENTY, USD } from './market.ts'
import type { Question, Step } from './twin.ts'

const SOURCE = `
pragma solidity ^0.8.20;
import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {ERC4626Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC4626Upgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

contract SavingsVault is ERC4626Upgradeable, OwnableUpgradeable, UUPSUpgradeable {
  function initialize(IERC20 asset_, address owner_) external initializer {
    __ERC20_init("Savings", "SAV");
    __ERC4626_init(asset_);
    __Ownable_init(owner_);
  }
  function _authorizeUpgrade(address) internal override onlyOwner {}
}`

/** A vault of OpenZeppelin 5 behind a UUPS proxy. */
export const compileSavingsVault = (): CompiledContract =>
  compileSolidity(SOURCE, { compiler: 'solc', runs: 200, evmVersion: 'cancun' }).SavingsVault!

interface Savings {
  readonly vault: Address
  readonly asset: Address
}

export async function deploySavings(
  world: World,
  {
    compiled,
    asset,
    owner,
    cast,
  }: { compiled: CompiledContract; asset: Address; owner: Address; cast: Cast },
): Promise<Savings> {
  const implementation = await world.create(compiled)
  const proxy = { abi: erc1967ProxyAbi as Abi, creation: erc1967ProxyBytecode }
  const vault = await world.create(proxy, [
    implementation,
    encode('initialize(address,address)', [asset, owner]),
  ])
  for (const user of [cast.alice, cast.bob])
    await world.send(user, asset, encode('approve(address,uint256)', [vault, PLENTY]))
  return { vault, asset }
}

/** A round at the vault. */
export function savingsSteps({ vault, asset }: Savings, { alice, bob }: Cast): Step[] {
  const at = (name: string, from: Address, signature: string, args: readonly unknown[]): Step => ({
    name: `vault: ${name}`,
    from,
    to: vault,
    data: () => encode(signature, args),
  })
  return [
    at('deposit', alice, 'deposit(uint256,address)', [1_000n * USD, alice]),
    at('mint', bob, 'mint(uint256,address)', [500n * USD, bob]),
    {
      name: 'vault: a gift to all',
      from: bob,
      to: asset,
      data: () => encode('transfer(address,uint256)', [vault, 7n * USD]),
    },
    at('transfer', alice, 'transfer(address,uint256)', [bob, USD]),
    at('approve', alice, 'approve(address,uint256)', [bob, 5n * USD]),
    at('transferFrom', bob, 'transferFrom(address,address,uint256)', [alice, bob, USD]),
    at('withdraw', alice, 'withdraw(uint256,address,address)', [100n * USD, alice, alice]),
    {
      ...at('withdraw too much', alice, 'withdraw(uint256,address,address)', [PLENTY, alice, alice]),
      reverts: true,
    },
    at('redeem', bob, 'redeem(uint256,address,address)', [100n * USD, bob, bob]),
    { ...at('upgrade by a stranger', bob, 'upgradeToAndCall(address,bytes)', [asset, '0x']), reverts: true },
  ]
}

export function savingsQuestions({ vault }: Savings, { alice, bob }: Cast): Question[] {
  const asked: readonly (readonly [string, readonly unknown[]])[] = [
    ...['asset()', 'totalAssets()', 'totalSupply()', 'name()', 'symbol()', 'decimals()'].map(
      (signature) => [signature, []] as const,
    ),
    ...['convertToAssets(uint256)', 'convertToShares(uint256)', 'previewMint(uint256)'].map(
      (signature) => [signature, [12_345n]] as const,
    ),
    ...[alice, bob, ZERO_ADDRESS].flatMap((holder) =>
      ['balanceOf(address)', 'maxWithdraw(address)', 'maxRedeem(address)'].map(
        (signature) => [signature, [holder]] as const,
      ),
    ),
  ]
  return asked.map(([signature, args]) => ({ to: vault, data: encode(signature, args) }))
}
