-- The first schema. Never edited once released: a change is a new numbered file.
-- Times are Unix seconds, UTC. Every table is STRICT: a value of the wrong type is refused.

CREATE TABLE setting (
  name  TEXT NOT NULL PRIMARY KEY,            -- what is remembered, such as 'outbox_hold'
  value TEXT NOT NULL                         -- its value, as text
) STRICT, WITHOUT ROWID;

-- The journal: one row for every letter ever taken in. No row is ever deleted but by retention.
CREATE TABLE letter (
  id            INTEGER PRIMARY KEY,          -- the letter's own number, used in logs
  mailbox       TEXT    NOT NULL,             -- the mailbox's name in the configuration
  epoch         INTEGER NOT NULL,             -- UIDVALIDITY (RFC 3501 §2.3.1.1); 0 for a Maildir
  uid           TEXT    NOT NULL,             -- IMAP UID, or the unique name in a Maildir
  received_at   INTEGER NOT NULL,             -- INTERNALDATE, or the file's time
  journaled_at  INTEGER NOT NULL,             -- when the raw bytes became durable here
  size          INTEGER NOT NULL,             -- bytes of the letter on the server
  raw_sha256    TEXT    NOT NULL,             -- of the raw bytes held in `raw`
  attempts      INTEGER NOT NULL DEFAULT 0,   -- starts of reading it, counted before each start
  state         TEXT    NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'decided')),
  disposition   TEXT    NOT NULL DEFAULT '',  -- what became of it, once decided
  reason        TEXT    NOT NULL DEFAULT '',  -- why, in one sentence
  rule          TEXT    NOT NULL DEFAULT '',  -- the loop rule that matched, such as 'L02'
  ticket        INTEGER,                      -- the ticket it opened or belongs to
  message_id    TEXT    NOT NULL DEFAULT '',  -- its Message-ID without brackets
  content_key   TEXT    NOT NULL DEFAULT '',  -- equal for two deliveries of one letter
  sender        TEXT    NOT NULL DEFAULT '',  -- the author's address in lower case
  subject       TEXT    NOT NULL DEFAULT '',  -- decoded, one line
  decided_at    INTEGER NOT NULL DEFAULT 0,   -- when the decision was committed
  acknowledged  TEXT    NOT NULL DEFAULT 'no' CHECK (acknowledged IN ('no', 'moved', 'stays')),
  rescan        INTEGER NOT NULL DEFAULT 0,   -- 1: found again on a shelf after a backup was put back
  shelf         TEXT    NOT NULL DEFAULT '' CHECK (shelf IN ('', 'done', 'held')), -- where it was moved to
  review        INTEGER NOT NULL DEFAULT 0,   -- the last review it is decided by; 0: none
  UNIQUE (mailbox, epoch, uid)
) STRICT;
CREATE INDEX letter_unfinished ON letter (id) WHERE state = 'received';
CREATE INDEX letter_astray ON letter (mailbox) WHERE shelf = 'held' AND disposition <> 'held';
CREATE INDEX letter_content ON letter (content_key) WHERE content_key <> '';
CREATE INDEX letter_message_id ON letter (message_id) WHERE message_id <> '';
CREATE INDEX letter_raw ON letter (raw_sha256);
CREATE INDEX letter_ticket ON letter (ticket) WHERE ticket IS NOT NULL;

-- The bytes as they came, compressed (zstd). Attachments are cut out of them on demand.
CREATE TABLE raw (
  letter INTEGER NOT NULL PRIMARY KEY REFERENCES letter (id),
  length INTEGER NOT NULL,                    -- bytes before compression
  bytes  BLOB    NOT NULL                     -- one zstd frame
) STRICT;

-- Why a letter was decided as it was: the trace of the rules, as JSON.
CREATE TABLE trace (
  letter INTEGER NOT NULL PRIMARY KEY REFERENCES letter (id),
  body   TEXT    NOT NULL                     -- the decision with its trace, one JSON object
) STRICT;

-- What admins said about held letters, and what was decided before. A letter that is 'received' with
-- a review waits for the decision by it.
CREATE TABLE review (
  id          INTEGER PRIMARY KEY,
  letter      INTEGER NOT NULL REFERENCES letter (id),
  at          INTEGER NOT NULL,
  act         TEXT    NOT NULL CHECK (act IN ('release', 'discard')),
  why         TEXT    NOT NULL,               -- the admin's reason; may be empty for a release
  disposition TEXT    NOT NULL,               -- before
  reason      TEXT    NOT NULL,               -- before
  rule        TEXT    NOT NULL,               -- before
  trace       TEXT    NOT NULL                -- of the decision before, as JSON
) STRICT;
CREATE INDEX review_letter ON review (letter, id);

CREATE TABLE ticket (
  number        INTEGER NOT NULL PRIMARY KEY, -- what people quote; never given twice
  letter        INTEGER NOT NULL REFERENCES letter (id), -- the letter that opened it
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  status        TEXT    NOT NULL,
  subject       TEXT    NOT NULL,
  requester     TEXT    NOT NULL,             -- the author's address in lower case, '' if nobody is named
  requester_name TEXT   NOT NULL,
  language      TEXT    NOT NULL,             -- fr, en, or both
  outcome       TEXT    NOT NULL,             -- accept, flag, notice, ask or reject
  clause        TEXT    NOT NULL DEFAULT '',  -- E1 … E7, '' if none
  reserve       INTEGER NOT NULL DEFAULT 0,   -- 1: refused on the letter's words alone
  category      TEXT    NOT NULL,
  criticality   INTEGER NOT NULL CHECK (criticality BETWEEN 1 AND 4),
  mutualisation INTEGER NOT NULL CHECK (mutualisation BETWEEN 1 AND 4),
  priority      TEXT    NOT NULL,             -- P0 … P5
  answer        TEXT    NOT NULL CHECK (answer IN ('sent', 'suppressed', 'held')), -- the first automatic answer
  answer_reason TEXT    NOT NULL DEFAULT '',  -- why it was not sent
  assignee      TEXT    NOT NULL DEFAULT '',  -- a technician's handle, '' if it is nobody's
  wait_until    TEXT    NOT NULL DEFAULT '',  -- a day such as 2026-12-01, '' if none was named
  merged_into   INTEGER REFERENCES ticket (number) -- the ticket that goes on in its place
) STRICT;
CREATE INDEX ticket_status ON ticket (status, priority);
CREATE INDEX ticket_requester ON ticket (requester);

CREATE TABLE participant (
  ticket  INTEGER NOT NULL REFERENCES ticket (number),
  address TEXT    NOT NULL,                   -- lower case
  role    TEXT    NOT NULL CHECK (role IN ('requester', 'copy')),
  PRIMARY KEY (ticket, address)
) STRICT, WITHOUT ROWID;

-- Technicians who worked on a ticket, and are told what happens in it.
CREATE TABLE watcher (
  ticket     INTEGER NOT NULL REFERENCES ticket (number),
  technician TEXT    NOT NULL,                -- a handle
  PRIMARY KEY (ticket, technician)
) STRICT, WITHOUT ROWID;

-- One row for each letter to a technician: what an answer to it may do.
CREATE TABLE reply_token (
  generation INTEGER PRIMARY KEY,             -- stands in the token; never given twice
  ticket     INTEGER NOT NULL REFERENCES ticket (number),
  technician TEXT    NOT NULL,                -- a handle
  issued_at  INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,                -- as in the token: tells it from one of before a restore
  uses       INTEGER NOT NULL DEFAULT 0,      -- letters that did what the requester sees with it
  revoked    INTEGER NOT NULL DEFAULT 0,
  extra      TEXT    NOT NULL DEFAULT ''      -- what may be taken back or confirmed, as JSON
) STRICT;

-- Letters in a technician's name: obeyed, or proving nothing. Budgets and locks are counted here.
CREATE TABLE conduct (
  letter     INTEGER NOT NULL PRIMARY KEY REFERENCES letter (id),
  technician TEXT    NOT NULL,                -- a handle
  at         INTEGER NOT NULL,
  obeyed     INTEGER NOT NULL,                -- 0: it proved nothing
  why        TEXT    NOT NULL                 -- on what it was believed, or what was missing
) STRICT;
CREATE INDEX conduct_technician ON conduct (technician, at);

-- A ticket's history, oldest first.
CREATE TABLE entry (
  id     INTEGER PRIMARY KEY,
  ticket INTEGER NOT NULL REFERENCES ticket (number),
  at     INTEGER NOT NULL,
  kind   TEXT    NOT NULL,                    -- request, follow_up, status …
  author TEXT    NOT NULL,                    -- an address, or 'guichet'
  letter INTEGER REFERENCES letter (id),      -- the letter that caused it
  text   TEXT    NOT NULL
) STRICT;
CREATE INDEX entry_ticket ON entry (ticket, id);

-- Everything that is ever sent. Bytes and Message-ID never change from one attempt to the next.
CREATE TABLE outbox (
  id          INTEGER PRIMARY KEY,
  dedupe_key  TEXT    NOT NULL UNIQUE,        -- 'ack:12': one first answer a ticket
  ticket      INTEGER REFERENCES ticket (number),
  letter      INTEGER REFERENCES letter (id), -- the letter that caused it
  kind        TEXT    NOT NULL,               -- the notice's name
  sender      TEXT    NOT NULL,               -- envelope sender; '' is the null reverse-path
  recipient   TEXT    NOT NULL COLLATE NOCASE, -- exactly one
  domain      TEXT    NOT NULL,               -- of the recipient, in lower case
  inside      INTEGER NOT NULL,               -- 1: for the team, which has a budget of its own
  message_id  TEXT    NOT NULL UNIQUE,        -- without brackets
  bytes       BLOB    NOT NULL,               -- the letter as it goes over the wire, before dot-stuffing
  created_at  INTEGER NOT NULL,
  state       TEXT    NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'failed', 'held', 'cancelled', 'bounced')),
  hold        TEXT    NOT NULL DEFAULT '' CHECK (hold IN ('', 'budget', 'suspended', 'unknown')), -- why it is held
  phase       TEXT    NOT NULL DEFAULT 'none' CHECK (phase IN ('none', 'pre', 'dot')), -- of the last attempt
  attempts    INTEGER NOT NULL DEFAULT 0,     -- counted before each attempt
  first_at    INTEGER NOT NULL DEFAULT 0,     -- when the first attempt began
  due_at      INTEGER NOT NULL,               -- not before
  code        INTEGER NOT NULL DEFAULT 0,     -- last reply code, 0 if none came
  answer      TEXT    NOT NULL DEFAULT '',    -- last reply or error, one line
  unknown_ends INTEGER NOT NULL DEFAULT 0,    -- attempts that ended after the final dot without an answer
  server_fault INTEGER NOT NULL DEFAULT 0,    -- 1: the last attempt met trouble of the whole server
  settled_at  INTEGER NOT NULL DEFAULT 0,
  technician  TEXT    NOT NULL DEFAULT '',    -- the handle of whom an update is for
  covers      INTEGER NOT NULL DEFAULT 0      -- the first page of the ticket's history that an update tells
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'pending';
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';
CREATE INDEX outbox_recipient ON outbox (recipient, created_at);
CREATE INDEX outbox_domain ON outbox (domain, created_at);
CREATE INDEX outbox_created ON outbox (inside, created_at);
CREATE INDEX outbox_update ON outbox (ticket) WHERE technician <> '' AND state = 'pending';
CREATE INDEX outbox_ticket ON outbox (ticket) WHERE ticket IS NOT NULL;

-- Every attempt to hand a row of the outbox to a server.
CREATE TABLE attempt (
  outbox   INTEGER NOT NULL REFERENCES outbox (id),
  number   INTEGER NOT NULL,                  -- 1 is the first
  began_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0,        -- 0: the process died in it
  phase    TEXT    NOT NULL,                  -- how far it came: pre, dot
  outcome  TEXT    NOT NULL DEFAULT '',       -- delivered, deferred, failed; '' while it runs
  PRIMARY KEY (outbox, number)
) STRICT, WITHOUT ROWID;

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

-- Addresses that letters came back from. One that is suspended gets nothing until its person writes
-- or an admin resumes it.
CREATE TABLE failing (
  address      TEXT    NOT NULL COLLATE NOCASE PRIMARY KEY,
  failures     INTEGER NOT NULL,              -- permanent ones in a row
  last_at      INTEGER NOT NULL,
  suspended_at INTEGER NOT NULL DEFAULT 0,    -- 0: not
  reason       TEXT    NOT NULL               -- of the last failure, one line
) STRICT, WITHOUT ROWID;
CREATE INDEX failing_suspended ON failing (address) WHERE suspended_at > 0;
