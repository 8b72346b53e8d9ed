import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import { toAddress } from '../core/hex.ts'
import { toJson } from '../core/json.ts'
import type { Metrics } from '../core/metrics.ts'
import { validate } from '../core/validate.ts'
import type { Inbox } from '../governance/inbox.ts'
import { stateOf } from '../incidents/state.ts'
import type { Incident } from '../incidents/types.ts'

interface AppOptions {
  readonly inbox: Inbox
  readonly incidents: () => readonly Incident[]
  readonly metrics: Metrics
}

/** Bytes; a signature takes a few hundred, one of a contract a few thousand. */
const LARGEST_BODY = 64 * 1024

const submission = z.object({
  signer: z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'give the guardian’s address'),
  signature: z.string().regex(/^0x([0-9a-fA-F]{2})+$/, 'give the signature as 0x and hexadecimal digits'),
})

/**
 * What a watching process shows: incidents, open approvals, metrics. It takes one thing in, signatures, and those are checked
 * against the gate's guardians; so it needs no login, and should still listen on a private address only.
 */
export function createApp({ inbox, incidents, metrics }: AppOptions): Hono {
  const app = new Hono()
  app.onError((error, context) => {
    if (!(error instanceof SutureError))
      return context.json({ code: 'INTERNAL', message: 'internal error' }, 500)
    return context.json({ code: error.code, message: error.message, meta: error.meta }, 400)
  })
  app.use('/approvals/*', bodyLimit({ maxSize: LARGEST_BODY }))
  app.get('/healthz', (context) => context.text('ok'))
  app.get('/metrics', async (context) => context.text(await metrics.registry.metrics()))
  app.get('/incidents', (context) => {
    const rows = incidents().map((incident) => ({
      id: incident.id,
      protocol: incident.protocol,
      victim: incident.victim,
      state: stateOf(incident),
      events: incident.seq,
    }))
    return context.json(rows)
  })
  app.get('/incidents/:id', (context) => {
    const incident = incidents().find(({ id }) => id === context.req.param('id'))
    return incident ? context.json(toJson(incident) as object) : context.json({ code: 'NOT_FOUND' }, 404)
  })
  app.get('/approvals', (context) => context.json(toJson(inbox.requests()) as object))
  app.get('/approvals/granted', (context) => context.json(toJson(inbox.granted()) as object))
  app.post('/approvals/:digest', async (context) => {
    const body: unknown = await context.req.json().catch(() => null)
    const { signer, signature } = validate(submission, body, {
      code: 'APPROVAL_INVALID',
      what: 'The submission',
    })
    await inbox.submit(context.req.param('digest') as Hex, {
      signer: toAddress(signer),
      signature: signature as Hex,
    })
    return context.json({ accepted: true })
  })
  return app
}
