import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Incident } from '../incidents/types.ts'
import type { ReportDetails } from './types.ts'
import { writeReport } from './write-report.ts'

/**
 * Writes the report of an incident as `<id>.md` and `<id>.html` into `folder`, and returns where they are. What is not known besides the
 * incident is left out of it.
 */
export async function writeIncidentReport(
  incident: Incident,
  folder: string,
  details: Partial<ReportDetails> = {},
): Promise<{ readonly markdown: string; readonly html: string }> {
  const protection = { contracts: new Set([incident.victim]), implementations: new Map() }
  const report = writeReport(incident, { events: [], protection, codes: new Map(), ...details })
  await mkdir(folder, { recursive: true })
  // An id is chosen by this program, but a path must not depend on that.
  const name = incident.id.replaceAll(/[^\w-]/g, '_')
  const files = { markdown: path.join(folder, `${name}.md`), html: path.join(folder, `${name}.html`) }
  await Promise.all([writeFile(files.markdown, report.markdown), writeFile(files.html, report.html)])
  return files
}
