import { expect, test } from 'vitest'
import { createJsonSplitter } from './rpc-ipc.ts'

const MESSAGES = ['{"a":"}{\\"]["}', '[1,{"b":[]}]', '{"c":"back\\\\"}', '{}', '{"d":{"e":{"f":"ü"}}}']

test.each([1, 2, 3, 7, 1_000])('messages in chunks of %i characters are cut apart', (size) => {
  for (const separator of ['', '\n', '\r\n ']) {
    const stream = MESSAGES.join(separator)
    const split = createJsonSplitter()
    const texts: string[] = []
    for (let start = 0; start < stream.length; start += size)
      texts.push(...split(stream.slice(start, start + size)))
    expect(texts.map((text) => JSON.parse(text))).toEqual(MESSAGES.map((text) => JSON.parse(text)))
  }
})

test('a message that is not complete is held back', () => {
  const split = createJsonSplitter()
  expect(split('{"a":[1')).toEqual([])
  expect(split(']}{')).toEqual(['{"a":[1]}'])
})
