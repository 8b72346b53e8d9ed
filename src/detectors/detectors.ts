import { outflow } from './outflow.ts'
import { privilegedChange } from './privileged-change.ts'
import { reentrancy } from './reentrancy.ts'
import type { Detector } from './types.ts'

/** Every detector there is. Adding one adds one file and one line here. */
export const DETECTORS: readonly Detector[] = [reentrancy, privilegedChange, outflow] as unknown as Detector[]
