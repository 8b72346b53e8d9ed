import { Command, Option } from 'commander'
import { bytesOf, type Hex } from '../core/hex.ts'
import { readJsonFile } from '../core/read-json.ts'
import { checkCertificate } from '../patching/checker/check-certificate.ts'
import { EXIT, print, printJson } from './output.ts'
import { type CodeSource, readCode } from './read-code.ts'

interface CheckOptions extends CodeSource {
  readonly siteMapRoot?: string
  readonly json?: boolean
}

export const checkCommand = new Command('check')
  .description('whether patched code is a restriction of the original, as its certificate says')
  .argument('<original>', 'an address (with --rpc-url), runtime bytecode as 0x…, or a file with it')
  .argument('<patched>', 'the same for the patched code')
  .argument('<certificate>', 'a suture-certificate/1 file')
  .option(
    '--site-map-root <root>',
    'the root registered for the original; without it the certificate is believed',
  )
  .addOption(new Option('--rpc-url <url>', 'node to ask').env('RPC_URL'))
  .option('--chain-id <id>', 'the chain the node must serve', '1')
  .option('--json', 'print one object')
  .addHelpText(
    'after',
    '\nThe same check as a program of its own, without any of the rest: suture-check.\nExit codes: 0 accepted, 2 rejected, 1 bad input or failure.',
  )
  .action(async (original: string, patched: string, file: string, options: CheckOptions) => {
    const [before, after] = [await readCode(original, options), await readCode(patched, options)]
    const result = checkCertificate({
      original: bytesOf(before.code),
      patched: bytesOf(after.code),
      certificate: await readJsonFile(file),
      ...(options.siteMapRoot === undefined ? {} : { siteMapRoot: options.siteMapRoot as Hex }),
    })
    if (options.json) printJson(result)
    else if (result.accepted) print(`accepted: a restriction of the original (site map ${result.siteMap})`)
    else print(`rejected: ${result.reason}: ${result.detail}`)
    process.exitCode = result.accepted ? EXIT.ok : EXIT.ineffective
  })
