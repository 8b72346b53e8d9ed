import { getAddress, isAddress, parseAbiItem } from 'viem'
import { z } from 'zod'
import { type Address, toAddress } from '../core/hex.ts'

/** Messages say what to do: they are printed as the fix beside the field and its value. */

const name = (what: string) =>
  z.string({ error: `give ${what}` }).regex(/^[A-Za-z][\w-]*$/, `use letters, digits, - and _ for ${what}`)

const environmentReference = z.strictObject(
  {
    secret: z.literal('env'),
    name: z.string().regex(/^[A-Za-z_]\w*$/, 'name an environment variable'),
    optional: z.boolean(),
  },
  { error: "write env('NAME')" },
)

const keystoreReference = z.strictObject(
  {
    secret: z.literal('keystore'),
    // The name becomes a file name.
    name: name('a keystore name'),
  },
  { error: "write keystore('name')" },
)

const ENDPOINT = "write env('NAME'), or a http(s) or ws(s) address without credentials"

const endpoint = z.union(
  [
    z.url({ protocol: /^(https?|wss?)$/, error: ENDPOINT }).refine(carriesNoSecret, ENDPOINT),
    environmentReference,
  ],
  { error: ENDPOINT },
)

/** Keys of RPC providers are in the path or the query; what is written into a file gets committed. */
function carriesNoSecret(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return url.username === '' && url.password === '' && url.search === '' && !/[\w-]{16,}/.test(url.pathname)
}

const address = z
  .string({ error: 'give an address: 0x and 40 hexadecimal digits' })
  .regex(/^0x[0-9a-fA-F]{40}$/, 'give an address: 0x and 40 hexadecimal digits')
  .superRefine((value, context) => {
    if (!/^0x[0-9a-fA-F]{40}$/.test(value) || isAddress(value, { strict: true })) return
    const message = `check for a typing error, the checksum is wrong; or write ${getAddress(toAddress(value))}`
    context.addIssue({ code: 'custom', message })
  })
  .transform((value): Address => toAddress(value))

const EXTERNAL = "write external({ command: ['./program'], address: '0x…' }), or with url instead of command"

const externalReference = z
  .strictObject(
    {
      secret: z.literal('external'),
      address,
      command: z
        .array(z.string().min(1, 'name a program'), { error: 'give a list of words' })
        .min(1, EXTERNAL)
        .optional(),
      url: endpoint.optional(),
      signs: z.enum(['data', 'digest'], { error: "write 'data' or 'digest'" }).optional(),
      contract: z.boolean({ error: 'write true or false' }).optional(),
      timeout: z
        .number({ error: 'give the timeout in seconds' })
        .positive('give the timeout in seconds, above 0')
        .max(300, 'give a timeout of at most 300 seconds')
        .optional(),
    },
    { error: EXTERNAL },
  )
  .refine(({ command, url }) => (command === undefined) !== (url === undefined), EXTERNAL)
  .refine(
    ({ url, signs }) => url === undefined || signs !== 'digest',
    'a service is always shown what it signs',
  )

const signature = z.string({ error: "give a signature such as 'pause()'" }).refine((value) => {
  try {
    return parseAbiItem(`function ${value}` as 'function pause()').inputs.length === 0
  } catch {
    return false
  }
}, "give the signature of a function without arguments, such as 'pause()'")

const natural = (what: string, least = 1) =>
  z.int({ error: `give ${what} as a whole number` }).min(least, `give ${what} of at least ${least}`)

const chain = z.strictObject({
  id: natural('the chain id'),
  rpc: z
    .array(endpoint, { error: "give a list of addresses, e.g. [env('RPC_URL')]" })
    .min(1, 'give at least one address'),
  confirmations: natural('confirmations').max(1_000, 'give at most 1000 confirmations').default(2),
  maxFeePerGas: z
    .number({ error: 'give maxFeePerGas in gwei' })
    .positive('give maxFeePerGas in gwei, above 0')
    .max(1_000_000, 'give maxFeePerGas in gwei, not in wei')
    .default(500),
})

const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical', 'never'] as const
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `write one of ${values.join(', ')}` })

const policy = z.strictObject({
  freeze: oneOf(SEVERITIES).default('critical'),
  restrict: oneOf(['auto', 'propose', 'never']).default('propose'),
  upgrade: oneOf(['propose', 'never']).default('propose'),
})

const approvals = z.strictObject({
  inbox: endpoint.optional(),
  deadline: natural('the deadline in seconds', 60).default(3_600),
})

const named = <T extends z.ZodType>(what: string, value: T) =>
  z
    .record(name(`the name of ${what}`), value, { error: `give ${what} by name` })
    .refine((record) => Object.keys(record).length > 0, `name at least one of ${what}`)

const protocol = z
  .strictObject({
    chain: z.string({ error: 'name a chain of chains' }),
    contracts: named('the contracts to protect', address),
    gate: address.optional(),
    breaker: address.optional(),
    pause: z.record(z.string(), signature, { error: 'give signatures by contract name' }).default({}),
    invariants: z.array(z.string(), { error: 'give a list of paths' }).default([]),
    policy: policy.prefault({}),
    approvals: approvals.prefault({}),
  })
  .superRefine((value, context) => {
    const report = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
    for (const contract of Object.keys(value.pause)) {
      if (!(contract in value.contracts)) {
        report(['pause', contract], `name one of contracts: ${Object.keys(value.contracts).join(', ')}`)
      }
    }
    for (const [contract, at] of Object.entries(value.contracts)) {
      const twin = Object.entries(value.contracts).find(([, other]) => other === at)?.[0]
      if (twin !== contract) report(['contracts', contract], `list it once; it is ${twin} already`)
    }
    if (value.policy.restrict === 'auto' && value.gate === undefined) {
      report(['policy', 'restrict'], "add gate, or write 'propose': only a PatchGate can apply a restriction")
    }
  })

export const configSchema = z
  .strictObject(
    {
      chains: named('the chains', chain),
      protocols: named('the protocols', protocol),
      signer: z
        .union([keystoreReference, externalReference, environmentReference], {
          error: "write keystore('name'), external({ … }), or env('NAME') for development; never a key",
        })
        .optional(),
      database: environmentReference.optional(),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'export default defineConfig({ … })' : undefined) },
  )
  .superRefine((value, context) => {
    for (const [key, { chain: chainName }] of Object.entries(value.protocols)) {
      if (chainName in value.chains) continue
      const message = `name one of chains: ${Object.keys(value.chains).join(', ')}`
      context.addIssue({ code: 'custom', path: ['protocols', key, 'chain'], message })
    }
  })

export type ParsedConfig = z.output<typeof configSchema>
