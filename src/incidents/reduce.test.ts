import { describe, expect, it } from 'vitest'
import {
  APPROVED,
  approval,
  block,
  detected,
  diagnosis,
  EXECUTED,
  FREEZE,
  GATE,
  intent,
  patchSet,
  planned,
  restriction,
  sighting,
  VERIFIED,
  verdict,
} from '../../test/support/incident.ts'
import type { Severity } from '../detectors/types.ts'
import { outstandingEffects } from './effects.ts'
import { reduce } from './reduce.ts'
import { isKnownSighting } from './sightings.ts'
import { stateOf } from './state.ts'
import type { Effect, Incident, IncidentEvent, IncidentPolicy } from './types.ts'

const ID = 'incident'

function fold(events: readonly IncidentEvent[]): Incident {
  let incident: Incident | null = null
  for (const event of events) [incident] = reduce(ID, incident, event)
  return incident!
}

/** Keys of what is to be done, notices aside. */
const todo = (incident: Incident) =>
  outstandingEffects(incident)
    .filter((effect) => effect.type !== 'notify')
    .map((effect) => effect.key)
const keys = (effects: readonly Effect[]) =>
  effects.filter((effect) => effect.type !== 'notify').map((effect) => effect.key)
const code = (work: () => unknown) => {
  try {
    work()
    return 'ok'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('the way of an incident', () => {
  it('goes through its states, each event making the next step outstanding', () => {
    let incident: Incident | null = null
    const steps: string[] = []
    const events = [
      detected(),
      ...FREEZE,
      ...EXECUTED,
      { type: 'IncidentResolved', summary: 'done' } as const,
    ]
    for (const event of events) {
      const [next, effects] = reduce(ID, incident, event)
      steps.push(`${event.type}: ${stateOf(next)} → ${keys(effects).join(', ') || 'nothing'}`)
      incident = next
    }
    expect(steps).toMatchInlineSnapshot(`
      [
        "AttackDetected: detected → plan-containment/0, diagnose",
        "FreezePlanned: detected → send/freeze",
        "FreezeMined: contained → await-lapse/0",
        "AttackDiagnosed: diagnosed → plan-patches",
        "PatchesPlanned: patched → verify/0/0",
        "PatchVerified: verified → request-approval/0",
        "ApprovalRequested: verified → await-approval/1",
        "ApprovalGranted: approved → send/restrict",
        "RestrictionMined: executed → resolve",
        "IncidentResolved: resolved → nothing",
      ]
    `)
    expect(todo(incident!)).toEqual([])
  })

  it('freezes and diagnoses side by side, in either order of completion', () => {
    const [opened, effects] = reduce(ID, null, detected())
    expect(keys(effects)).toEqual(['plan-containment/0', 'diagnose'])
    const [diagnosed] = reduce(ID, opened, { type: 'AttackDiagnosed', diagnosis })
    expect(todo(diagnosed)).toEqual(['plan-containment/0', 'plan-patches'])
    const frozen = fold([detected(), ...FREEZE])
    expect(todo(frozen)).toEqual(['await-lapse/0', 'diagnose'])
    expect(stateOf(frozen)).toBe('contained')
  })

  it('freezes an attack that was seen only when mined, too, without outbidding anybody', () => {
    const [, effects] = reduce(ID, null, detected(sighting({ block: block(10) })))
    expect(effects[0]).toMatchObject({ type: 'plan-containment', urgency: 'normal', outbid: null })
  })

  it('outbids the dearest pending attack', () => {
    const incident = fold([
      detected(sighting({ feeGwei: 3n })),
      { type: 'FindingAttached', sighting: sighting({ transaction: 2, feeGwei: 70n }) },
      { type: 'FindingAttached', sighting: sighting({ transaction: 3, feeGwei: 900n, block: block(9) }) },
    ])
    expect(outstandingEffects(incident)[0]).toMatchObject({
      urgency: 'outbid',
      outbid: { maxFeePerGas: 70n * 10n ** 9n, maxPriorityFeePerGas: 10n ** 9n },
    })
  })

  it('freezes by policy only', () => {
    const freezes = (severity: Severity, freeze: IncidentPolicy['freeze']) =>
      todo(fold([detected(sighting({ severity }), { freeze })])).includes('plan-containment/0')
    expect(freezes('critical', 'critical')).toBe(true)
    expect(freezes('high', 'critical')).toBe(false)
    expect(freezes('high', 'medium')).toBe(true)
    expect(freezes('critical', 'never')).toBe(false)
  })

  it('waits for a person to release a patch where policy says propose', () => {
    const proposed = fold([detected(sighting(), { restrict: 'propose' }), ...VERIFIED])
    expect(todo(proposed)).not.toContain('request-approval/0')
    const [released] = reduce(ID, proposed, { type: 'PatchReleased', by: 'alice' })
    expect(todo(released)).toContain('request-approval/0')
    expect(todo(fold([detected(sighting(), { restrict: 'never' }), ...VERIFIED]))).toEqual([
      'plan-containment/0',
    ])
  })

  it('tries patches from the cheapest on, and asks a person when none is effective', () => {
    const tried = [detected(), ...VERIFIED.slice(0, 2)]
    expect(todo(fold(tried))).toContain('verify/0/0')
    tried.push({ type: 'PatchVerified', candidate: 0, verdict: verdict('inconclusive') })
    expect(todo(fold(tried))).toContain('verify/0/1')
    tried.push({ type: 'PatchVerified', candidate: 1, verdict: verdict('harmful') })
    expect(stateOf(fold(tried))).toBe('needs-human')
    // Containment goes on all the same.
    expect(todo(fold(tried))).toEqual(['plan-containment/0'])
    tried.push({ type: 'PatchesPlanned', patches: [patchSet(9)] })
    expect(todo(fold(tried))).toContain('verify/0/2')
  })

  it('asks a person when there is no patch at all', () => {
    const none = fold([
      detected(),
      { type: 'AttackDiagnosed', diagnosis },
      { type: 'PatchesPlanned', patches: [] },
    ])
    expect(stateOf(none)).toBe('needs-human')
  })
})

describe('further findings', () => {
  it('widen the containment when they name other functions, and not otherwise', () => {
    const frozen = fold([detected(), ...FREEZE])
    const same: IncidentEvent = { type: 'FindingAttached', sighting: sighting({ transaction: 2 }) }
    expect(keys(reduce(ID, frozen, same)[1])).toEqual([])
    const other = sighting({ transaction: 3, fingerprint: 3, selector: '0xbbbbbbbb' })
    const [widened, effects] = reduce(ID, frozen, { type: 'FindingAttached', sighting: other })
    expect(effects[0]).toMatchObject({
      key: 'plan-containment/1',
      functions: [{}, { selector: '0xbbbbbbbb' }],
    })
    const functions = widened.sightings.flatMap((seen) => seen.finding.functions)
    const [again] = reduce(ID, widened, planned('freeze-2', functions))
    expect(todo(again)).toEqual(['await-lapse/0', 'send/freeze-2', 'diagnose'])
  })

  it('of a new kind ask for new verdicts, until guardians have approved', () => {
    const variant: IncidentEvent = {
      type: 'FindingAttached',
      sighting: sighting({ transaction: 2, fingerprint: 2 }),
    }
    const verified = fold([detected(), ...FREEZE, ...APPROVED.slice(0, 4), variant])
    expect(verified.request).toBeNull()
    expect(todo(verified)).toContain('verify/1/0')
    const approved = fold([detected(), ...FREEZE, ...APPROVED, variant])
    expect(todo(approved)).toContain('send/restrict')
  })

  it('of another detector on the same transaction ask for nothing', () => {
    const other: IncidentEvent = {
      type: 'FindingAttached',
      sighting: sighting({ fingerprint: 2, detector: 'reentrancy' }),
    }
    expect(keys(reduce(ID, fold([detected(), ...FREEZE, ...VERIFIED]), other)[1])).toEqual([])
  })

  it('that tell nothing new are known', () => {
    const incident = fold([detected()])
    expect(isKnownSighting(incident, sighting())).toBe(true)
    expect(isKnownSighting(incident, sighting({ block: block(10) }))).toBe(false)
    const mined = fold([detected(sighting({ block: block(10) }))])
    expect(isKnownSighting(mined, sighting())).toBe(true)
    expect(isKnownSighting(mined, sighting({ block: block(10, 1) }))).toBe(false)
  })
})

describe('a plan that freezes nothing', () => {
  it('is told to people, and diagnosis goes on', () => {
    const open = { ...(planned('x') as Extract<IncidentEvent, { type: 'FreezePlanned' }>), intents: [] }
    const [incident, effects] = reduce(ID, fold([detected()]), open)
    expect(effects).toMatchObject([{ type: 'notify', notice: { severity: 'critical' } }])
    expect(todo(incident)).toEqual(['diagnose'])
    expect(stateOf(incident)).toBe('detected')
  })
})

describe('a freeze that runs out', () => {
  const lapsed = [detected(), ...FREEZE, { type: 'FreezeLapsed', plan: 0 } as const]

  it('is told, and does not renew itself', () => {
    const [incident, effects] = reduce(ID, fold(lapsed.slice(0, -1)), lapsed.at(-1)!)
    expect(effects.map((effect) => effect.type)).toContain('notify')
    expect(todo(incident)).toEqual(['diagnose'])
  })

  it('is followed by another when the attack comes again', () => {
    const again: IncidentEvent = { type: 'FindingAttached', sighting: sighting({ transaction: 2 }) }
    expect(todo(fold([...lapsed, again]))).toContain('plan-containment/1')
  })
})

describe('a reorg', () => {
  it('reopens the transactions whose block it took back, by the same intents', () => {
    const executed = fold([detected(sighting({ block: block(10) })), ...FREEZE, ...EXECUTED])
    expect(stateOf(executed)).toBe('executed')
    const [back, effects] = reduce(ID, executed, { type: 'BlockRetracted', blocks: [block(20), block(11)] })
    expect(stateOf(back)).toBe('approved')
    expect(keys(effects)).toEqual(['send/freeze', 'send/restrict'])
  })

  it('leaves what rests on other blocks alone', () => {
    const executed = fold([detected(sighting({ block: block(10) })), ...FREEZE, ...EXECUTED])
    const [after, effects] = reduce(ID, executed, { type: 'BlockRetracted', blocks: [block(20, 1)] })
    expect(stateOf(after)).toBe('executed')
    expect(keys(effects)).toEqual([])
  })

  it('that takes the only sighting makes the incident be looked at again, not forgotten', () => {
    const retracted: IncidentEvent = { type: 'BlockRetracted', blocks: [block(10)] }
    const [doubted, effects] = reduce(ID, fold([detected(sighting({ block: block(10) }))]), retracted)
    expect(keys(effects)).toEqual(['reevaluate/1'])
    expect(todo(doubted)).toContain('plan-containment/0')
    expect(outstandingEffects(doubted)[0]).toMatchObject({ urgency: 'outbid' })

    const [stands] = reduce(ID, doubted, { type: 'AttackReevaluated', stands: true, reason: 'drains again' })
    expect(todo(stands)).toEqual(['plan-containment/0', 'diagnose'])
    const [gone] = reduce(ID, doubted, { type: 'AttackReevaluated', stands: false, reason: 'nonce used' })
    expect(stateOf(gone)).toBe('dismissed')
    const [seen] = reduce(ID, doubted, {
      type: 'FindingAttached',
      sighting: sighting({ block: block(10, 1) }),
    })
    expect(todo(seen)).not.toContain('reevaluate/1')
  })

  it('does not shake an incident another sighting still holds', () => {
    const pending: IncidentEvent = { type: 'FindingAttached', sighting: sighting({ transaction: 2 }) }
    const incident = fold([detected(sighting({ block: block(10) })), pending])
    expect(keys(reduce(ID, incident, { type: 'BlockRetracted', blocks: [block(10)] })[1])).toEqual([])
  })

  it('reopens a resolved incident whose patch it took back', () => {
    const resolved = [detected(), ...EXECUTED, { type: 'IncidentResolved', summary: '' } as const]
    const [back] = reduce(ID, fold(resolved), { type: 'BlockRetracted', blocks: [block(20)] })
    expect(stateOf(back)).toBe('approved')
    expect(todo(back)).toContain('send/restrict')
  })
})

describe('people', () => {
  const needed: IncidentEvent = { type: 'HumanNeeded', effect: 'diagnose', code: 'X', sentence: 'no idea.' }

  it('are needed for one effect while the others go on, and give it back', () => {
    const stuck = fold([detected(), needed])
    expect(stateOf(stuck)).toBe('needs-human')
    expect(todo(stuck)).toEqual(['plan-containment/0'])
    const [answered, effects] = reduce(ID, stuck, { type: 'HumanAnswered', effect: 'diagnose', by: 'alice' })
    expect(keys(effects)).toEqual(['diagnose'])
    expect(stateOf(answered)).toBe('detected')
  })

  it('may give the diagnosis themselves, and then are needed no more', () => {
    expect(stateOf(fold([detected(), needed, { type: 'AttackDiagnosed', diagnosis }]))).toBe('diagnosed')
  })

  it('are needed again when guardians do not sign in time', () => {
    const lapsed = fold([detected(), ...APPROVED.slice(0, 4), { type: 'ApprovalLapsed' }])
    expect(stateOf(lapsed)).toBe('needs-human')
    const [again] = reduce(ID, lapsed, { type: 'HumanAnswered', effect: 'request-approval/0', by: 'alice' })
    expect(todo(again)).toContain('request-approval/0')
  })

  it('are told of every change of state once, and not about undelivered notices', () => {
    const first = fold([detected()])
    expect(first.notices).toHaveLength(1)
    const notice = outstandingEffects(first).find((effect) => effect.type === 'notify')!
    const silent = fold([
      detected(),
      { type: 'HumanNeeded', effect: notice.key, code: 'X', sentence: 'no mail.' },
    ])
    expect(stateOf(silent)).toBe('detected')
    expect(silent.notices).toHaveLength(1)
    expect(fold([detected(), { type: 'NoticeSent', key: first.notices[0]!.key }]).notices).toEqual([])
  })

  for (const [name, events] of Object.entries({
    detected: [detected()],
    contained: [detected(), ...FREEZE],
    verified: [detected(), ...VERIFIED],
    approved: [detected(), ...APPROVED],
    executed: [detected(), ...EXECUTED],
    'needs-human': [detected(), needed],
  })) {
    it(`may dismiss or expire an incident that is ${name}`, () => {
      const incident = fold(events)
      expect(stateOf(incident)).toBe(name)
      for (const type of ['IncidentDismissed', 'IncidentExpired'] as const) {
        const [closed] = reduce(ID, incident, { type, by: 'alice', reason: 'a drill' } as IncidentEvent)
        expect(stateOf(closed)).toBe(type === 'IncidentDismissed' ? 'dismissed' : 'expired')
        expect(todo(closed)).toEqual([])
      }
    })
  }
})

describe('events that cannot follow', () => {
  const cases: readonly (readonly [string, readonly IncidentEvent[], IncidentEvent, string])[] = [
    ['anything before the detection', [], FREEZE[0]!, 'TRANSITION_INVALID'],
    ['a second detection', [detected()], detected(), 'TRANSITION_INVALID'],
    ['a receipt nobody waits for', [detected()], FREEZE[1]!, 'TRANSITION_INVALID'],
    ['patches without a diagnosis', [detected()], VERIFIED[1]!, 'TRANSITION_INVALID'],
    ['a verdict on no candidate', [detected()], VERIFIED[2]!, 'TRANSITION_INVALID'],
    [
      'a request without a verdict',
      [detected(), ...VERIFIED.slice(0, 2)],
      APPROVED[3]!,
      'TRANSITION_INVALID',
    ],
    [
      'a request for another bundle',
      [detected(), ...VERIFIED],
      { type: 'ApprovalRequested', gate: GATE, restriction: restriction(1n, 2) },
      'TRANSITION_INVALID',
    ],
    ['an approval nobody asked for', [detected(), ...VERIFIED], APPROVED[4]!, 'TRANSITION_INVALID'],
    [
      'an approval of something else',
      [detected(), ...APPROVED.slice(0, 4)],
      { type: 'ApprovalGranted', approval: approval(restriction(2n)), intents: [intent('restrict')] },
      'APPROVAL_INVALID',
    ],
    [
      'a resolution before the execution',
      [detected(), ...APPROVED],
      { type: 'IncidentResolved', summary: '' },
      'TRANSITION_INVALID',
    ],
    [
      'work on a closed incident',
      [detected(), { type: 'IncidentDismissed', by: 'alice', reason: '' }],
      VERIFIED[0]!,
      'TRANSITION_INVALID',
    ],
    [
      'a re-evaluation nobody asked for',
      [detected()],
      { type: 'AttackReevaluated', stands: true, reason: '' },
      'TRANSITION_INVALID',
    ],
    [
      'the lapse of a freeze that is none',
      [detected()],
      { type: 'FreezeLapsed', plan: 0 },
      'TRANSITION_INVALID',
    ],
  ]
  for (const [name, before, event, expected] of cases) {
    it(`are refused: ${name}`, () => {
      const incident = before.length === 0 ? null : fold(before)
      expect(code(() => reduce(ID, incident, event))).toBe(expected)
    })
  }
})
