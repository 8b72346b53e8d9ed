import type { Migration } from './migrate.ts'

/**
 * The schema's history, oldest first. Never change one that was released; add the next.
 *
 * `events` is append-only by trigger: an update or delete through ordinary means fails, and one by other means shows in the
 * hash chain. `id` follows the chain's order because appends are serialised.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: 1,
    name: 'decision log',
    sql: `
      CREATE TABLE events (
        id bigserial PRIMARY KEY,
        incident text NOT NULL,
        seq int NOT NULL CHECK (seq >= 0),
        type text NOT NULL,
        payload text NOT NULL,
        at timestamptz NOT NULL,
        prev_hash text NOT NULL UNIQUE,
        hash text NOT NULL UNIQUE,
        UNIQUE (incident, seq)
      );
      CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the decision log is append-only';
      END $$;
      CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();`,
  },
  {
    id: 2,
    name: 'transactions',
    sql: `
      CREATE TABLE intents (
        id text PRIMARY KEY,
        chain_id bigint NOT NULL,
        signer text NOT NULL,
        content_hash text NOT NULL,
        nonce bigint NOT NULL CHECK (nonce >= 0),
        gas bigint NOT NULL,
        first_block bigint NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (chain_id, signer, nonce)
      );
      CREATE TABLE attempts (
        id bigserial PRIMARY KEY,
        intent text NOT NULL REFERENCES intents (id),
        nonce bigint NOT NULL,
        hash text NOT NULL UNIQUE,
        raw text NOT NULL,
        max_fee_per_gas numeric NOT NULL,
        max_priority_fee_per_gas numeric NOT NULL,
        block bigint NOT NULL,
        at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX attempts_intent ON attempts (intent, id);`,
  },
  {
    id: 3,
    name: 'cursors',
    sql: `
      CREATE TABLE cursors (
        name text PRIMARY KEY,
        number bigint NOT NULL,
        hash text NOT NULL,
        at timestamptz NOT NULL DEFAULT now()
      );`,
  },
  {
    id: 4,
    name: 'private-transactions',
    sql: `ALTER TABLE attempts ADD COLUMN private boolean NOT NULL DEFAULT false;`,
  },
]
