-- What happens to tickets because of something else than a letter, and when to look at each again.

-- One row for each thing that happened because time passed or an admin ordered it; each happens once.
CREATE TABLE occurrence (
  id     INTEGER PRIMARY KEY,
  cause  TEXT    NOT NULL UNIQUE,             -- what it happened because of, such as 'due:12:reminder:…'
  ticket INTEGER REFERENCES ticket (number),  -- the ticket it happened to; none if it is about no ticket
  at     INTEGER NOT NULL,
  reason TEXT    NOT NULL                     -- why, in one sentence
) STRICT;
CREATE INDEX occurrence_ticket ON occurrence (ticket, id) WHERE ticket IS NOT NULL;
CREATE INDEX occurrence_at ON occurrence (at);

-- Rows that no letter caused.
ALTER TABLE entry ADD COLUMN occurrence INTEGER REFERENCES occurrence (id);  -- the occurrence that caused it
ALTER TABLE outbox ADD COLUMN occurrence INTEGER REFERENCES occurrence (id); -- the occurrence that caused it
CREATE INDEX outbox_occurrence ON outbox (occurrence) WHERE occurrence IS NOT NULL;

ALTER TABLE ticket ADD COLUMN stands_since INTEGER NOT NULL DEFAULT 0; -- since when it has its state
ALTER TABLE ticket ADD COLUMN look_at INTEGER DEFAULT 0; -- before this nothing falls due in it; none: not before it changes
CREATE INDEX ticket_look ON ticket (look_at) WHERE look_at IS NOT NULL;

UPDATE ticket SET
  stands_since = coalesce((SELECT max(e.at) FROM entry e WHERE e.ticket = number AND e.kind = 'status'), created_at),
  look_at = CASE WHEN status IN ('closed', 'refused') THEN NULL ELSE 0 END;

-- Whoever changes a ticket, whatever for, has it looked at again: kept here, so that nobody forgets.
CREATE TRIGGER ticket_opened AFTER INSERT ON ticket BEGIN
  UPDATE ticket SET stands_since = NEW.created_at WHERE number = NEW.number AND stands_since = 0;
END;
CREATE TRIGGER ticket_moved AFTER UPDATE OF status ON ticket WHEN NEW.status <> OLD.status BEGIN
  UPDATE ticket SET stands_since = NEW.updated_at, look_at = 0 WHERE number = NEW.number;
END;
CREATE TRIGGER ticket_changed AFTER UPDATE OF assignee, priority, wait_until, requester, merged_into ON ticket BEGIN
  UPDATE ticket SET look_at = 0 WHERE number = NEW.number;
END;
CREATE TRIGGER ticket_written AFTER INSERT ON entry BEGIN
  UPDATE ticket SET look_at = 0 WHERE number = NEW.ticket AND look_at IS NOT 0;
END;
