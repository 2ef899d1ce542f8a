-- Retention and erasure: how much is still kept of a letter, a ticket and a row of the outbox.
-- 'all': everything · 'text': the attachments are gone · 'nothing': only what names nobody.

ALTER TABLE letter ADD COLUMN kept TEXT NOT NULL DEFAULT 'all'
  CHECK (kept IN ('all', 'text', 'nothing'));
ALTER TABLE ticket ADD COLUMN kept TEXT NOT NULL DEFAULT 'all'
  CHECK (kept IN ('all', 'nothing'));
ALTER TABLE outbox ADD COLUMN kept TEXT NOT NULL DEFAULT 'all'
  CHECK (kept IN ('all', 'text', 'nothing'));

-- What is old is looked for every night.
CREATE INDEX ticket_kept ON ticket (kept, updated_at);
CREATE INDEX letter_kept ON letter (kept, decided_at) WHERE ticket IS NULL;
-- A row that goes is looked for among those that refer to it.
CREATE INDEX entry_letter ON entry (letter) WHERE letter IS NOT NULL;
CREATE INDEX entry_occurrence ON entry (occurrence) WHERE occurrence IS NOT NULL;
CREATE INDEX outbox_letter ON outbox (letter) WHERE letter IS NOT NULL;
CREATE INDEX ticket_letter ON ticket (letter);
CREATE INDEX ticket_merged ON ticket (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX reply_token_ticket ON reply_token (ticket);

-- What was removed, when and by which rule; it names nobody.
CREATE TABLE purge (
  at      INTEGER NOT NULL,                   -- when the run began
  rule    TEXT    NOT NULL CHECK (rule IN ('attachments', 'texts', 'records', 'person')),
  before  INTEGER NOT NULL,                   -- what ended before this instant was due; 0 for a person
  tickets INTEGER NOT NULL,                   -- tickets it was removed from
  letters INTEGER NOT NULL,                   -- letters
  rows    INTEGER NOT NULL,                   -- rows of the outbox
  bytes   INTEGER NOT NULL,                   -- of letters and attachments, as they were stored
  first   INTEGER NOT NULL,                   -- the lowest number of a ticket or, without one, of a letter
  last    INTEGER NOT NULL,                   -- the highest
  why     TEXT    NOT NULL DEFAULT '',        -- an admin's reason for a person's erasure
  PRIMARY KEY (at, rule)
) STRICT, WITHOUT ROWID;
