import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** No kernel gives out a process id this high. */
const NOBODY = 2 ** 31 - 1

/** Lines of `postmaster.pid`. Source: PostgreSQL, src/include/utils/pidfile.h. */
const PID = 0
const PORT = 3

async function readLines(data: string): Promise<string[]> {
  try {
    return (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')
  } catch {
    return []
  }
}

/** The port the server of a data directory listens on, as far as its pid file tells. */
export async function portInPidFile(data: string): Promise<number | null> {
  const port = Number((await readLines(data))[PORT])
  return Number.isInteger(port) && port > 0 ? port : null
}

/**
 * Makes a pid file whose process is no server of this directory name a process that cannot exist.
 *
 * PostgreSQL refuses to start while the process in the file lives, whatever it is. In a container that is wrong twice: a
 * killed server stays a zombie when process 1 does not reap it, and after a restart the number may belong to anyone. The file
 * itself stays, because its last lines let PostgreSQL find survivors of the old server by their shared memory.
 *
 * Does nothing where there is no /proc: there PostgreSQL's own check has to do.
 */
export async function disownStalePid(data: string): Promise<void> {
  const lines = await readLines(data)
  const pid = Number(lines[PID])
  if (process.platform !== 'linux' || !Number.isInteger(pid) || pid <= 0 || pid === NOBODY) return
  if (await isServerOf(pid, data)) return
  lines[PID] = String(NOBODY)
  await writeFile(join(data, 'postmaster.pid'), lines.join('\n'))
}

/** A zombie has an empty command line. */
async function isServerOf(pid: number, data: string): Promise<boolean> {
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    return command.split('\0').includes(data)
  } catch {
    return false
  }
}
