import { Command, Option } from 'commander'
import { bytesOf } from '../core/hex.ts'
import { analyseCode } from '../evm/analysis/analyse.ts'
import { buildCfg } from '../evm/cfg.ts'
import { buildSiteMap } from '../patching/site-map.ts'
import { analysisJson, describeAnalysis } from './inspect-describe.ts'
import { print, printJson } from './output.ts'
import { type CodeSource, readCode } from './read-code.ts'

interface InspectOptions extends CodeSource {
  readonly json?: boolean
}

export const inspectCommand = new Command('inspect')
  .description(
    'what Suture can see and patch of a contract: proxy, functions and their checks, variables, control flow, patchable windows',
  )
  .argument(
    '<what>',
    'an address (with --rpc-url), runtime bytecode as 0x…, or a JSON file with a bytecode in it',
  )
  .addOption(new Option('--rpc-url <url>', 'node to ask').env('RPC_URL'))
  .option('--chain-id <id>', 'the chain the node must serve', '1')
  .option('--json', 'print one object')
  .action(async (what: string, options: InspectOptions) => {
    const subject = await readCode(what, options)
    const cfg = buildCfg(bytesOf(subject.code))
    const analysis = analyseCode(cfg)
    const siteMap = buildSiteMap(cfg)
    const patchable = siteMap.runs.reduce((bytes, { start, end }) => bytes + end - start, 0)
    const facts = {
      ...subject.about,
      bytes: (subject.code.length - 2) / 2,
      blocks: cfg.blocks.size,
      reachedBlocks: cfg.reached.size,
      unresolvedJumps: cfg.unresolved.size,
      siteMap: { root: siteMap.root, runs: siteMap.runs.length, patchableBytes: patchable },
    }
    if (options.json) printJson({ ...facts, ...analysisJson(analysis) })
    else {
      for (const [key, value] of Object.entries(facts)) {
        print(`${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
      }
      for (const line of describeAnalysis(analysis)) print(line)
    }
  })
