import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { caseCompilers, caseSources } from '../../../test/support/case-sources.ts'
import { parseCase } from '../../chain/case.ts'
import { type CaseNode, startCaseNode } from '../../chain/case-node.ts'
import { toWord } from '../../core/hex.ts'
import type { Diagnosis } from '../../diagnosis/types.ts'
import { prepareVerification } from '../../pipeline/remedy.ts'
import { investigate, sceneOfCase, type Witnessed, witness } from '../../pipeline/scene.ts'
import { verifyPatch } from '../../verification/verify-patch.ts'
import { planSourcePatch } from './plan-source-patch.ts'
import type { CompilerInput } from './types.ts'

const SLOW = 300_000
const nodes: CaseNode[] = []
afterAll(() => Promise.all(nodes.map((node) => node.stop())))

async function diagnoseCase(name: string, rootCause: Diagnosis['mechanism']['class']) {
  const file = new URL(`../../../cases/${name}/case.json`, import.meta.url)
  const told = parseCase(JSON.parse(readFileSync(file, 'utf8')))
  const node = await startCaseNode(told)
  nodes.push(node)
  const witnessed = await witness(sceneOfCase(told, node))
  const diagnosis = (await investigate(witnessed)).find((each) => each.mechanism.class === rootCause)
  expect(diagnosis, `a diagnosis of ${rootCause}`).toBeDefined()
  return { witnessed, diagnosis: diagnosis!, sources: await caseSources(name) }
}

const plan = ({ diagnosis, witnessed, sources }: Awaited<ReturnType<typeof diagnoseCase>>) =>
  planSourcePatch({ diagnosis, sources, compile: caseCompilers, deployed: witnessed.codes })

async function mendCase(name: string, rootCause: Diagnosis['mechanism']['class']) {
  const diagnosed = await diagnoseCase(name, rootCause)
  const mended = await plan(diagnosed)
  expect(mended.patch).toMatchObject({ kind: 'source', target: diagnosed.diagnosis.code, certificate: null })
  return { ...mended, verdict: await verify(diagnosed.witnessed, diagnosed.diagnosis, mended) }
}

async function verify(
  witnessed: Witnessed,
  diagnosis: Diagnosis,
  { patch, notes }: Awaited<ReturnType<typeof planSourcePatch>>,
) {
  const baseline = await prepareVerification(witnessed, toWord(1n), diagnosis)
  const { verdict } = await verifyPatch(baseline, { patches: [patch], description: notes, cost: 1 })
  return verdict
}

describe('planSourcePatch', { timeout: SLOW }, () => {
  it('locks functions against reentrancy in a source of 0.4.11', async () => {
    const { diff, notes, verdict } = await mendCase('fixed-term-savings', 'reentrancy')
    expect(verdict).toBe('effective')
    expect(diff).toMatchInlineSnapshot(`
      "--- a/SavingsPool.sol
      +++ b/SavingsPool.sol
      @@ -14,6 +14,8 @@
           uint256 public totalSavings;
           uint256 public feesAccrued;
           mapping(address => Account) accounts;
      +    // Held while the contract is in the middle of a call out.
      +    bool private entered;
       
           event Deposited(address indexed saver, uint256 amount);
           event Withdrawn(address indexed saver, uint256 amount, uint256 fee);
      @@ -31,22 +33,34 @@
               _;
           }
       
      +    modifier nonReentrant() {
      +        require(!entered);
      +        entered = true;
      +        _;
      +        entered = false;
      +    }
      +
      +    modifier whenNotEntered() {
      +        require(!entered);
      +        _;
      +    }
      +
           function SavingsPool(uint256 exitFee, uint256 term) {
               owner = msg.sender;
               exitFeeBps = exitFee;
               minimumTerm = term;
           }
       
      -    function deposit() payable whenOpen {
      +    function deposit() payable whenNotEntered whenOpen {
               credit(msg.sender, msg.value);
           }
       
      -    function depositFor(address saver) payable whenOpen {
      +    function depositFor(address saver) payable whenNotEntered whenOpen {
               require(saver != 0);
               credit(saver, msg.value);
           }
       
      -    function withdraw(uint256 amount) whenOpen {
      +    function withdraw(uint256 amount) whenNotEntered whenOpen {
               Account account = accounts[msg.sender];
               require(account.balance >= amount && amount > 0);
               uint256 fee = exitFee(msg.sender, amount);
      @@ -57,7 +71,7 @@
               Withdrawn(msg.sender, amount, fee);
           }
       
      -    function close() whenOpen {
      +    function close() nonReentrant whenOpen {
               uint256 amount = accounts[msg.sender].balance;
               require(amount > 0);
               uint256 fee = exitFee(msg.sender, amount);
      @@ -68,7 +82,7 @@
               Withdrawn(msg.sender, amount, fee);
           }
       
      -    function move(address to, uint256 amount) whenOpen {
      +    function move(address to, uint256 amount) whenNotEntered whenOpen {
               require(accounts[msg.sender].balance >= amount && to != 0);
               accounts[msg.sender].balance -= amount;
               if (accounts[to].since == 0) accounts[to].since = now;
      @@ -76,7 +90,7 @@
               Moved(msg.sender, to, amount);
           }
       
      -    function collectFees(address to) onlyOwner {
      +    function collectFees(address to) whenNotEntered onlyOwner {
               uint256 amount = feesAccrued;
               feesAccrued = 0;
               to.transfer(amount);
      "
    `)
    expect(notes.at(-1)).toMatchInlineSnapshot(
      `"the storage layout is unchanged but for SavingsPool.entered, behind all others"`,
    )
  })

  it('puts the lock a contract has on what it forgot (0.5.17, optimised, behind a proxy)', async () => {
    const { diff, verdict } = await mendCase('staking-shares', 'reentrancy')
    expect(verdict).toBe('effective')
    expect(diff).toMatchInlineSnapshot(`
      "--- a/StakingPool.sol
      +++ b/StakingPool.sol
      @@ -112,12 +112,13 @@
               emit RewardsReported(msg.value);
           }
       
      -    function transfer(address to, uint256 value) external returns (bool) {
      +    // Not while the contract is in the middle of a call out.
      +    function transfer(address to, uint256 value) external nonReentrant returns (bool) {
               move(msg.sender, to, value);
               return true;
           }
       
      -    function transferFrom(address from, address to, uint256 value) external returns (bool) {
      +    function transferFrom(address from, address to, uint256 value) external nonReentrant returns (bool) {
               allowance[from][msg.sender] = allowance[from][msg.sender].sub(value);
               move(from, to, value);
               return true;
      "
    `)
  })

  it('asks the lock in a view that was read in the middle (0.8.30 via IR, with imports and immutables)', async () => {
    const { diff, verdict, contract } = await mendCase('pool-share-lending', 'reentrancy')
    expect(verdict).toBe('effective')
    expect(contract).toBe('EtherPool.sol:EtherPool')
    expect(diff).toMatchInlineSnapshot(`
      "--- a/EtherPool.sol
      +++ b/EtherPool.sol
      @@ -94,6 +94,8 @@
       
           /// What one share is worth, in ether.
           function sharePrice() external view returns (uint256) {
      +        // Not while the contract is in the middle of a call out.
      +        if (locked) revert Reentered();
               return totalSupply == 0 ? UNIT : ((reserveEther + reserveToken) * UNIT) / totalSupply;
           }
       
      "
    `)
  })

  it('restricts a function by the modifier the contract has (0.4.26)', async () => {
    const { diff, notes, verdict } = await mendCase('reward-token', 'access-control')
    expect(verdict).toBe('effective')
    expect(diff).toMatchInlineSnapshot(`
      "--- a/RewardToken.sol
      +++ b/RewardToken.sol
      @@ -46,7 +46,8 @@
               cap = cap_;
           }
       
      -    function mint(address to, uint256 value) public returns (bool) {
      +    // Restricted: until now anybody could call it.
      +    function mint(address to, uint256 value) public onlyOwner returns (bool) {
               require(!mintingFinished && to != address(0));
               totalSupply = totalSupply.add(value);
               require(totalSupply <= cap);
      "
    `)
    expect(notes).toMatchInlineSnapshot(`
      [
        "owner is 0xbc9f728ef6a930cdee58734094e18f4bf8e9345c now",
        "the storage layout is unchanged",
      ]
    `)
  })

  it('restricts an inherited function by the empty one it leaves to the contract (0.8.30, UUPS)', async () => {
    const { diff, verdict } = await mendCase('rewards-distributor', 'access-control')
    expect(verdict).toBe('effective')
    expect(diff).toMatchInlineSnapshot(`
      "--- a/RewardsDistributor.sol
      +++ b/RewardsDistributor.sol
      @@ -125,6 +125,7 @@
               emit Claimed(account, recipient, amount);
           }
       
      -    function _authorizeUpgrade(address) internal override {}
      +    // Restricted: until now anybody could call it.
      +    function _authorizeUpgrade(address) internal override onlyOwner {}
       }
       
      "
    `)
  })

  it('asks the caller instead of the origin (0.6.12)', async () => {
    const { diff, verdict } = await mendCase('origin-treasury', 'access-control')
    expect(verdict).toBe('effective')
    expect(diff).toMatchInlineSnapshot(`
      "--- a/OriginTreasury.sol
      +++ b/OriginTreasury.sol
      @@ -40,7 +40,8 @@
           }
       
           modifier onDirectorsOrder() {
      -        require(tx.origin == director, "director only");
      +        // Whoever the origin calls could otherwise act in its name.
      +        require(msg.sender == director, "director only");
               _;
           }
       
      "
    `)
  })

  it('checks a product that wrapped (0.4.26)', async () => {
    const { diff, verdict } = await mendCase('loyalty-token', 'arithmetic')
    expect(verdict).toBe('effective')
    expect(diff).toMatchInlineSnapshot(`
      "--- a/LoyaltyToken.sol
      +++ b/LoyaltyToken.sol
      @@ -50,6 +50,8 @@
           function batchTransfer(address[] receivers, uint256 value) public mayMove(msg.sender) returns (bool) {
               uint256 count = receivers.length;
               uint256 amount = count * value;
      +        // Without this check the product could wrap around.
      +        require(count == 0 || amount / count == value);
               require(count > 0 && count <= 20);
               require(value > 0 && balanceOf[msg.sender] >= amount);
               balanceOf[msg.sender] -= amount;
      "
    `)
  })

  it('checks differences in a clone (0.7.6)', async () => {
    const { diff, verdict } = await mendCase('margin-account', 'arithmetic')
    expect(verdict).toBe('effective')
    expect(diff).toMatchInlineSnapshot(`
      "--- a/MarginAccount.sol
      +++ b/MarginAccount.sol
      @@ -119,7 +119,11 @@
           function _withdraw(address trader, uint256 amount, address to) private {
               require(amount > 0 && amount <= available(trader), "margin too small");
               uint256 fee = (amount * withdrawalFeeBps) / 10000;
      +        // Without this check the difference could wrap around.
      +        require(amount + fee <= margin[trader], "subtraction underflow");
               margin[trader] -= amount + fee;
      +        // Without this check the difference could wrap around.
      +        require(amount + fee <= totalMargin, "subtraction underflow");
               totalMargin -= amount + fee;
               feesAccrued += fee;
               _pay(to, amount);
      "
    `)
  })

  it('asks what a token answered (0.5.17)', async () => {
    const { diff, verdict } = await mendCase('bond-depository', 'unchecked-call')
    expect(verdict).toBe('effective')
    expect(diff).toMatchInlineSnapshot(`
      "--- a/BondDepository.sol
      +++ b/BondDepository.sol
      @@ -142,7 +142,8 @@
               accrue(bond);
               bond.principal = bond.principal.add(amount);
               totalPrincipal = totalPrincipal.add(amount);
      -        dollar.transferFrom(msg.sender, address(this), amount);
      +        // A call that failed must not pass for one that succeeded.
      +        require(dollar.transferFrom(msg.sender, address(this), amount), "transfer failed");
               emit Deposited(msg.sender, holder, amount);
           }
       
      "
    `)
  })

  it('asks whether a low-level call succeeded (0.8.19)', async () => {
    const { diff, verdict } = await mendCase('otc-desk', 'unchecked-call')
    expect(verdict).toBe('effective')
    expect(diff).toMatchInlineSnapshot(`
      "--- a/OtcDesk.sol
      +++ b/OtcDesk.sol
      @@ -124,7 +124,9 @@
       
           /// By hand, because some tokens return nothing.
           function _collect(address token, address to, uint256 amount) private {
      -        token.call(abi.encodeWithSelector(IERC20.transferFrom.selector, msg.sender, to, amount));
      +        // A call that failed must not pass for one that succeeded.
      +        (bool success, ) = token.call(abi.encodeWithSelector(IERC20.transferFrom.selector, msg.sender, to, amount));
      +        require(success, "call failed");
           }
       }
       
      "
    `)
  })

  it('gives the same diff and code every time', async () => {
    const diagnosed = await diagnoseCase('origin-treasury', 'access-control')
    const [first, second] = [await plan(diagnosed), await plan(diagnosed)]
    expect(second).toEqual(first)
  })

  it('refuses sources with other settings than those of the deployment, and says where the code departs', async () => {
    const diagnosed = await diagnoseCase('reward-token', 'access-control')
    const sources = diagnosed.sources.map((source: CompilerInput) => ({
      ...source,
      input: { ...source.input, settings: { optimizer: { enabled: false } } },
    }))
    const error = await plan({ ...diagnosed, sources }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'PATCH_IMPOSSIBLE' })
    expect(String(error)).toMatch(
      /nearest: RewardToken\.sol:RewardToken difference: \d+ bytes compiled, \d+ deployed/,
    )
  })
})
