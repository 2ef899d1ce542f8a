-- What was attached to each letter, described; the bytes are cut out of the raw letter on demand.

CREATE TABLE attachment (
  letter     INTEGER NOT NULL REFERENCES letter (id),
  number     INTEGER NOT NULL,                -- 1 is the first in the letter
  sender     TEXT    NOT NULL,                -- the letter's author in lower case, '' if nobody is named
  name       TEXT    NOT NULL,                -- for display, never a path; '' if none
  media_type TEXT    NOT NULL,                -- as the sender claims it
  size       INTEGER NOT NULL,                -- bytes after decoding
  sha256     TEXT    NOT NULL,                -- of the decoded bytes
  inline     INTEGER NOT NULL,                -- 1: the letter shows it inside its text
  PRIMARY KEY (letter, number)
) STRICT, WITHOUT ROWID;
-- How often one person sent one picture: the logo of a signature comes with every letter.
CREATE INDEX attachment_repeated ON attachment (sender, sha256);
