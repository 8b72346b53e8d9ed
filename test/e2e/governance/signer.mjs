// A guardian's signing program as somebody may write it: `signer.mjs key <key>`, or `signer.mjs safe <key of an owner>…`.
import { readFileSync } from 'node:fs'
import { concatHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

const [mode, ...keys] = process.argv.slice(2)
const { address, chainId, payload } = JSON.parse(readFileSync(0, 'utf8'))
const owners = keys.map((key) => privateKeyToAccount(key))

/** What the owners of a Safe sign for it: the Safe's message that holds the digest. */
async function signAsSafe() {
  const message = {
    domain: { chainId, verifyingContract: address },
    types: { SafeMessage: [{ name: 'message', type: 'bytes' }] },
    primaryType: 'SafeMessage',
    message: { message: payload.digest },
  }
  const ascending = owners.sort((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1))
  return concatHex(await Promise.all(ascending.map((owner) => owner.signTypedData(message))))
}

const signature = mode === 'safe' ? await signAsSafe() : await owners[0].signTypedData(payload)
process.stdout.write(JSON.stringify({ signature }))
