import { startLocalNode } from '/work/main/src/chain/local-node.ts'
import { measureGuards } from '/work/main/bench/measure-guards.ts'
const node = await startLocalNode({ hardfork: 'cancun', autoImpersonate: true, mining: 'manual' })
try { console.table(await measureGuards(node.rpc)) } finally { await node.stop() }
