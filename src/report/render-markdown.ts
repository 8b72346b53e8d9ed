import { type Block, type Inline, inlines, makeVisible, type Text } from './document.ts'

/** Everything Markdown or the HTML inside it could take for more than a letter. */
const SPECIAL = /[\\`*_{}[\]<>()#+!|~&-]/g

/** Renders as GitHub-flavoured Markdown. */
export function renderMarkdown(blocks: readonly Block[]): string {
  return `${blocks.map(renderBlock).join('\n\n')}\n`
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${escapeText(block.text)}`
    case 'paragraph':
      return renderText(block.text)
    case 'list':
      return block.items.map((item) => `- ${renderText(item)}`).join('\n')
    case 'table':
      return renderTable(block.head, block.rows)
    case 'listing':
      return renderListing(makeVisible(block.text), block.language)
  }
}

function renderTable(head: readonly string[], rows: readonly (readonly Text[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(head.map(escapeText)),
    line(head.map(() => '---')),
    // In a table a bar ends the cell even inside a code span.
    ...rows.map((row) => line(row.map((cell) => renderText(cell, (text) => text.replaceAll('|', '\\|'))))),
  ].join('\n')
}

/** A fence longer than any run of backticks inside. */
function renderListing(text: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return [fence + language, text, fence].join('\n')
}

const renderText = (text: Text, adaptCode = (code: string) => code): string =>
  inlines(text)
    .map((inline) => renderInline(inline, adaptCode))
    .join('')

function renderInline(inline: Inline, adaptCode: (code: string) => string): string {
  if (typeof inline === 'string') return escapeText(inline)
  if ('strong' in inline) return `**${escapeText(inline.strong)}**`
  const text = oneLine(makeVisible(inline.code))
  const fence = '`'.repeat(longestRun(text) + 1)
  const padded = text.startsWith('`') || text.endsWith('`') || text === '' ? ` ${text} ` : text
  return fence + adaptCode(padded) + fence
}

const escapeText = (text: string): string =>
  oneLine(makeVisible(text)).replaceAll(SPECIAL, (character) => `\\${character}`)

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ')

const longestRun = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
