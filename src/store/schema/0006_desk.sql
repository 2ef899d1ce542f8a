-- What admins do from the command line is seen: who reviewed a letter, and what each attempt to
-- deliver heard.

-- `retry` joins what may be said about a letter, and whose word it was is kept. A constraint cannot
-- be changed in place: the table is made anew. No other table refers to it.
CREATE TABLE review_with_actor (
  id          INTEGER PRIMARY KEY,
  letter      INTEGER NOT NULL REFERENCES letter (id),
  at          INTEGER NOT NULL,
  act         TEXT    NOT NULL CHECK (act IN ('release', 'discard', 'retry')),
  why         TEXT    NOT NULL,               -- the admin's reason; may be empty but for a discard
  disposition TEXT    NOT NULL,               -- before; '' if the letter was undecided
  reason      TEXT    NOT NULL,               -- before
  rule        TEXT    NOT NULL,               -- before
  trace       TEXT    NOT NULL,               -- of the decision before, as JSON
  actor       TEXT    NOT NULL DEFAULT ''     -- whose word: 'admin:login'; '' before this was kept
) STRICT;
INSERT INTO review_with_actor (id, letter, at, act, why, disposition, reason, rule, trace)
  SELECT id, letter, at, act, why, disposition, reason, rule, trace FROM review;
DROP TABLE review;
ALTER TABLE review_with_actor RENAME TO review;
CREATE INDEX review_letter ON review (letter, id);

ALTER TABLE attempt ADD COLUMN code   INTEGER NOT NULL DEFAULT 0;  -- the reply's code, 0 if none came
ALTER TABLE attempt ADD COLUMN answer TEXT    NOT NULL DEFAULT ''; -- the reply or the error, one line

-- Letters of an older mailbox, taken in from files: decided at their own date, and nobody is written to.
ALTER TABLE letter ADD COLUMN imported TEXT NOT NULL DEFAULT '' CHECK (imported IN ('', 'closed', 'open')); -- '' if it came by mail; else what becomes of its ticket
