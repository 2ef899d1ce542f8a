-- On-call presence for an occasion: asked for in a letter, granted by a person, open for some hours.

-- One row beside the ticket of each request.
CREATE TABLE on_call (
  ticket      INTEGER NOT NULL PRIMARY KEY REFERENCES ticket (number), -- the ticket of the request
  state       TEXT    NOT NULL,               -- received, incomplete, pending … ended
  request     TEXT    NOT NULL,               -- what is asked for, granted and proposed: one JSON object
  mark_year   INTEGER NOT NULL DEFAULT 0,     -- of the mark 2027-003 that letters bear; 0 until granted
  mark_serial INTEGER NOT NULL DEFAULT 0      -- the 003 of it; 0 until granted
) STRICT;
CREATE INDEX on_call_state ON on_call (state);
CREATE UNIQUE INDEX on_call_mark ON on_call (mark_year, mark_serial) WHERE mark_serial > 0;

-- The stretches of what is granted, and none of what is only asked for.
CREATE TABLE on_call_slot (
  ticket   INTEGER NOT NULL REFERENCES on_call (ticket),
  from_at  INTEGER NOT NULL,                  -- its beginning
  until_at INTEGER NOT NULL,                  -- its end, which does not count
  PRIMARY KEY (ticket, from_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX on_call_slot_until ON on_call_slot (until_at);

-- Letters that came while a window was open, and were covered by it.
CREATE TABLE intervention (
  letter  INTEGER NOT NULL PRIMARY KEY REFERENCES letter (id),
  on_call INTEGER NOT NULL REFERENCES on_call (ticket), -- the ticket of the window
  ticket  INTEGER NOT NULL REFERENCES ticket (number),  -- the ticket of the letter
  at      INTEGER NOT NULL                    -- when it was decided
) STRICT;
CREATE INDEX intervention_on_call ON intervention (on_call, at);
CREATE INDEX intervention_ticket ON intervention (ticket);
