/** Text, or something to be shown letter by letter. Whatever comes from a chain is plain text here; renderers escape it. */
export type Inline = string | { readonly code: string } | { readonly strong: string }
export type Text = Inline | readonly Inline[]

/** A report without a format. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: Text }
  | { readonly kind: 'list'; readonly items: readonly Text[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Text[])[] }
  /** `diff` colours lines that begin with `+` and `-`. */
  | { readonly kind: 'listing'; readonly text: string; readonly language: 'text' | 'diff' | 'sh' }

export const heading = (level: 1 | 2 | 3, text: string): Block => ({ kind: 'heading', level, text })
export const paragraph = (...text: readonly Inline[]): Block => ({ kind: 'paragraph', text })
export const list = (items: readonly Text[]): Block => ({ kind: 'list', items })
export const table = (head: readonly string[], rows: readonly (readonly Text[])[]): Block => ({
  kind: 'table',
  head,
  rows,
})
export const listing = (text: string, language: 'text' | 'diff' | 'sh' = 'text'): Block => ({
  kind: 'listing',
  text,
  language,
})
export const code = (text: string): Inline => ({ code: text })
export const strong = (text: string): Inline => ({ strong: text })

export const inlines = (text: Text): readonly Inline[] =>
  Array.isArray(text) ? (text as readonly Inline[]) : [text as Inline]

/** Control characters, and those that turn the direction of text around and so make it look like other text. */
const DECEPTIVE = /(?![\n\t])[\p{Cc}\p{Cf}]/gu

/** `text` with what a reader could not see made visible. */
export const makeVisible = (text: string): string => text.replaceAll(DECEPTIVE, '\ufffd')
