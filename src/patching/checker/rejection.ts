/** Why a certificate was not accepted. Stable. */
export type RejectionReason =
  | 'malformed'
  | 'size'
  | 'original-mismatch'
  | 'patched-mismatch'
  | 'site-map-mismatch'
  | 'not-in-site-map'
  | 'run-invalid'
  | 'window-bounds'
  | 'window-overlap'
  | 'not-an-instruction'
  | 'guard-misplaced'
  | 'guard-unbalanced'
  | 'template-unknown'
  | 'arguments-mismatch'
  | 'original-guarded'
  | 'self-offset'
  | 'trampoline-misplaced'
  | 'derivation-mismatch'

export interface Rejection {
  readonly reason: RejectionReason
  readonly detail: string
}

export const reject = (reason: RejectionReason, detail: string): Rejection => ({ reason, detail })
