-- Answers to our questions, how to reach the requester, and files that wait with an update.

ALTER TABLE ticket ADD COLUMN question TEXT NOT NULL DEFAULT ''; -- the clause whose question was sent last, '' if none
ALTER TABLE ticket ADD COLUMN answer_letter INTEGER NOT NULL DEFAULT 0; -- the letter with whose answer the card judged once more; 0: none
ALTER TABLE ticket ADD COLUMN backup TEXT NOT NULL DEFAULT '' CHECK (backup IN ('', 'unknown', 'yes', 'no')); -- are the data saved, as the requester wrote; '' where no reset may come
ALTER TABLE ticket ADD COLUMN phone TEXT NOT NULL DEFAULT ''; -- the requester's telephone as their letters have it
ALTER TABLE ticket ADD COLUMN room TEXT NOT NULL DEFAULT '';  -- the requester's room, likewise
UPDATE ticket SET question = clause WHERE outcome IN ('ask', 'notice');
UPDATE ticket SET backup = 'unknown' WHERE outcome = 'notice';

-- On what words of a technician without an order were believed; they spend none of the budget.
ALTER TABLE conduct ADD COLUMN ordered INTEGER NOT NULL DEFAULT 1; -- 0: no order was in it
INSERT INTO conduct (letter, technician, at, obeyed, ordered, why)
  SELECT letter, min(author), min(at), 1, 0, 'decided by an earlier version, which kept no evidence for words'
  FROM entry WHERE letter IS NOT NULL AND kind = 'answer' AND instr(author, '@') = 0
    AND author NOT IN ('', 'guichet') AND letter NOT IN (SELECT letter FROM conduct)
  GROUP BY letter;

-- A technician's words that did not arrive, and of which the technician is still to be told.
ALTER TABLE outbox ADD COLUMN lost INTEGER NOT NULL DEFAULT 0; -- 1: so
CREATE INDEX outbox_lost ON outbox (id) WHERE lost = 1;

-- The files of letters that an update to a technician tells and that has not left yet: if another
-- letter joins that update, its files join these. Emptied as updates leave.
CREATE TABLE waiting_file (
  letter     INTEGER NOT NULL REFERENCES letter (id),
  place      INTEGER NOT NULL,                -- in the letter's list of attachments, 0 is the first
  ticket     INTEGER NOT NULL REFERENCES ticket (number),
  name       TEXT    NOT NULL,                -- as the sender gave it, '' if none
  media_type TEXT    NOT NULL,                -- as the sender claims it
  bytes      BLOB    NOT NULL,                -- decoded
  PRIMARY KEY (letter, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX waiting_file_ticket ON waiting_file (ticket);
