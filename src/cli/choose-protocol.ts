import type { LoadedConfig, Protocol } from '../config/types.ts'
import { SutureError } from '../core/errors.ts'

/**
 * The protocol of that name, or the only one.
 *
 * @throws CONFIG_INVALID when it is not clear which is meant
 */
export function chooseProtocol({ protocols }: LoadedConfig, name: string | undefined): Protocol {
  const found = name === undefined ? protocols[0] : protocols.find((protocol) => protocol.name === name)
  if (found && (name !== undefined || protocols.length === 1)) return found
  throw new SutureError('CONFIG_INVALID', 'Which protocol is meant is not clear.', {
    meta: [
      `field: --protocol`,
      `value: ${name ?? 'absent'}`,
      `fix: name one of ${protocols.map((one) => one.name).join(', ')}`,
    ],
  })
}
