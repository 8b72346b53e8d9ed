// Keeps npm's solc loaded, because loading it takes longer than compiling one contract.
// A request is the base path, a newline and the standard JSON input; the answer is the output.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { resolve } from 'node:path'

const solc = createRequire(import.meta.url)('solc')
const [socket] = process.argv.slice(2)

function compile(request) {
  const end = request.indexOf('\n')
  const base = request.slice(0, end)
  const readImport = (path) => {
    try {
      return { contents: readFileSync(resolve(base, path), 'utf8') }
    } catch (error) {
      return { error: error.message }
    }
  }
  return solc.compile(request.slice(end + 1), { import: readImport })
}

createServer({ allowHalfOpen: true }, (connection) => {
  let request = ''
  connection.setEncoding('utf8')
  connection.on('data', (text) => {
    request += text
  })
  connection.on('end', () => connection.end(compile(request)))
  connection.on('error', () => connection.destroy())
}).listen(socket, () => process.send(solc.version()))
process.on('disconnect', () => process.exit())
