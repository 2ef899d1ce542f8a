-- What admins have to know of, and what they were told.

CREATE TABLE alarm (
  id       INTEGER PRIMARY KEY,
  cause    TEXT    NOT NULL,                  -- such as 'mailbox_silent:support'
  began_at INTEGER NOT NULL,                  -- since when it holds, Unix seconds
  ended_at INTEGER NOT NULL DEFAULT 0,        -- 0: it lasts
  number   INTEGER NOT NULL,                  -- how much of it when it was last told
  detail   TEXT    NOT NULL                   -- what the gateway noted when it began; may be empty
) STRICT;
CREATE UNIQUE INDEX alarm_open ON alarm (cause) WHERE ended_at = 0;

CREATE TABLE alarm_told (
  alarm INTEGER NOT NULL REFERENCES alarm (id),
  at    INTEGER NOT NULL,                     -- Unix seconds
  word  TEXT    NOT NULL CHECK (word IN ('began', 'lasts', 'ended')),
  way   TEXT    NOT NULL CHECK (way IN ('log', 'mail', 'command')), -- how admins were told
  PRIMARY KEY (alarm, at, word)
) STRICT, WITHOUT ROWID;
CREATE INDEX alarm_told_at ON alarm_told (at);

-- What is looked at every few seconds, without walking through years of letters.
CREATE INDEX outbox_waiting ON outbox (created_at) WHERE state = 'pending';
CREATE INDEX outbox_alert ON outbox (due_at, id) WHERE kind = 'alert' AND state = 'pending';
CREATE INDEX outbox_held ON outbox (id) WHERE state = 'held';
CREATE INDEX outbox_failed ON outbox (settled_at) WHERE state = 'failed';
CREATE INDEX letter_held ON letter (id) WHERE disposition = 'held' AND state = 'decided';
CREATE INDEX conduct_doubted ON conduct (at) WHERE obeyed = 0;
