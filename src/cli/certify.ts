import { Command, Option } from 'commander'
import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import { type Address, bytesOf, type Hex, hexOf, ZERO_ADDRESS } from '../core/hex.ts'
import { readJsonFile } from '../core/read-json.ts'
import { annotatePatch } from '../patching/annotate.ts'
import { assemblePatch } from '../patching/assemble.ts'
import { type PatchTarget, prepareTarget } from '../patching/target.ts'
import type { PlacedGuard } from '../patching/types.ts'
import { print, printJson, progress } from './output.ts'
import { writePatchFiles } from './patch-files.ts'
import { type CodeSource, readCode } from './read-code.ts'

const word = z.string().regex(/^0x[0-9a-f]{1,64}$/, 'must be 0x and up to 64 lower-case digits')
const guard = z.strictObject({
  template: z.string(),
  args: z.record(z.string(), word).default({}),
})
/** Guards in order: each group stands before the instruction at `pc`, or where the function is entered. */
const guardsSchema = z
  .array(
    z.union([
      z.strictObject({ pc: z.number().int().min(0), guards: z.array(guard).min(1) }),
      z.strictObject({
        function: z.string().regex(/^0x[0-9a-f]{8}$/, 'must be a selector'),
        guards: z.array(guard).min(1),
      }),
    ]),
  )
  .min(1)

interface CertifyOptions extends CodeSource {
  readonly guards: string
  readonly out?: string
  readonly json?: boolean
}

export const certifyCommand = new Command('certify')
  .description(
    'put guards of your own into runtime code, with the certificate that the result is a restriction',
  )
  .argument('<code>', 'an address (with --rpc-url), runtime bytecode as 0x…, or a file with it')
  .requiredOption('--guards <file>', 'JSON: [{ "pc" or "function", "guards": [{ "template", "args" }] }]')
  .option('--out <folder>', 'write the patched code, the certificate and an annotated listing there')
  .addOption(new Option('--rpc-url <url>', 'node to ask').env('RPC_URL'))
  .option('--chain-id <id>', 'the chain the node must serve', '1')
  .option('--json', 'print one object')
  .action(async (what: string, options: CertifyOptions) => {
    const { code } = await readCode(what, options)
    const groups = readGuards(await readJsonFile(options.guards), options.guards)
    const target = prepareTarget({ address: accountOf(what), code })
    const placed = groups.flatMap((group): PlacedGuard[] => {
      const places = 'pc' in group ? [group.pc] : entriesOf(target, group.function as Hex)
      return places.flatMap((pc) =>
        group.guards.map(({ template, args }) => ({ pc, template, args: words(args) })),
      )
    })
    const { runtime, certificate } = assemblePatch({
      code: target.code,
      siteMap: target.siteMap,
      guards: placed,
    })
    const patch = { original: bytesOf(code), runtime, certificate }
    if (options.out !== undefined) {
      const written = await writePatchFiles(options.out, 'patched', patch)
      for (const file of written) progress(`wrote ${file}`)
    }
    if (options.json) printJson({ runtime, certificate })
    else print(annotatePatch(patch))
  })

function entriesOf(target: PatchTarget, selector: Hex): readonly number[] {
  const places = target.entrySites(selector)
  if (places.length > 0) return places
  throw new SutureError('PATCH_IMPOSSIBLE', 'No function of the code answers to this selector.', {
    meta: [
      'field: function',
      `value: ${selector}`,
      'fix: take a selector that `suture inspect` lists, or give a pc',
    ],
  })
}

const accountOf = (what: string): Address =>
  /^0x[0-9a-fA-F]{40}$/.test(what) ? (what.toLowerCase() as Address) : ZERO_ADDRESS

function words(args: Readonly<Record<string, string>>): Record<string, Hex> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      hexOf(bytesOf(`0x${value.slice(2).padStart(64, '0')}`)),
    ]),
  )
}

function readGuards(value: unknown, file: string): z.infer<typeof guardsSchema> {
  const result = guardsSchema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new SutureError('CERTIFICATE_INVALID', 'The guards cannot be read.', {
    meta: [
      `file: ${file}`,
      `field: ${issue!.path.join('.') || '(root)'}`,
      `problem: ${issue!.message}`,
      'fix: see docs/certificates.md for the templates and their arguments',
    ],
  })
}
