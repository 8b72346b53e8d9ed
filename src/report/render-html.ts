import { type Block, type Inline, inlines, makeVisible, type Text } from './document.ts'

/** No script, nothing fetched: what the page may do is said in it, so that a slip in escaping stays without effect. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

const STYLE = `
:root { color-scheme: light dark; --text: #1d2126; --soft: #5b6570; --line: #d9dee3; --page: #fff; --panel: #f5f7f9;
  --good: #12663a; --bad: #a3212b; --goodback: #e3f5ea; --badback: #fbe9ea; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ec; --soft: #9aa5b1; --line: #333b44; --page: #14181c;
  --panel: #1c2228; --good: #7ddba3; --bad: #ff9aa2; --goodback: #12301f; --badback: #3a191c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
code { background: var(--panel); padding: .1em .3em; border-radius: .25em; }
pre { background: var(--panel); padding: .75rem; border-radius: .5rem; overflow-x: auto; overflow-wrap: normal; }
pre .add { display: block; color: var(--good); background: var(--goodback); }
pre .cut { display: block; color: var(--bad); background: var(--badback); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .925rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
td { min-width: 6.5rem; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
`.trim()

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Renders as one self-contained page: light or dark as the reader has it, and readable on a phone. */
export function renderHtml(title: string, blocks: readonly Block[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    ...blocks.map(renderBlock),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escapeHtml(block.text)}</h${block.level}>`
    case 'paragraph':
      return `<p>${renderText(block.text)}</p>`
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${renderText(item)}</li>`).join('')}</ul>`
    case 'table':
      return renderTable(block.head, block.rows)
    case 'listing':
      return renderListing(block.text, block.language)
  }
}

function renderTable(head: readonly string[], rows: readonly (readonly Text[])[]): string {
  const header = head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('')
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${renderText(cell)}</td>`).join('')}</tr>`)
  return `<div class="wide"><table><thead><tr>${header}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

function renderListing(text: string, language: string): string {
  if (language !== 'diff') return `<pre>${escapeHtml(text)}</pre>`
  const lines = text.split('\n').map((line) => {
    const mark = line.startsWith('+') ? 'add' : line.startsWith('-') ? 'cut' : null
    // A block ends its line by itself.
    return mark ? `<span class="${mark}">${escapeHtml(line)}</span>` : `${escapeHtml(line)}\n`
  })
  return `<pre>${lines.join('')}</pre>`
}

const renderText = (text: Text): string => inlines(text).map(renderInline).join('')

function renderInline(inline: Inline): string {
  if (typeof inline === 'string') return escapeHtml(inline)
  if ('strong' in inline) return `<strong>${escapeHtml(inline.strong)}</strong>`
  return `<code>${escapeHtml(inline.code)}</code>`
}

const escapeHtml = (text: string): string =>
  makeVisible(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!)
