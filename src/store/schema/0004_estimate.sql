-- When a person first answered a ticket, and what its author was told to expect.

ALTER TABLE ticket ADD COLUMN first_answer_at INTEGER; -- a person's first answer to its people; none: none yet
ALTER TABLE ticket ADD COLUMN awaits_since INTEGER;    -- since when its author, who was acknowledged, waits for a person; none: refused by the card, or never answered by it
ALTER TABLE ticket ADD COLUMN opened_priority TEXT NOT NULL DEFAULT ''; -- as the card judged it
ALTER TABLE ticket ADD COLUMN opened_category TEXT NOT NULL DEFAULT ''; -- as the card judged it
CREATE INDEX ticket_awaits ON ticket (awaits_since) WHERE awaits_since IS NOT NULL;
CREATE INDEX ticket_first_answer ON ticket (first_answer_at) WHERE first_answer_at IS NOT NULL;

-- The queue is counted with those in it whom nobody has answered: all of that stands in the index.
DROP INDEX ticket_status;
CREATE INDEX ticket_status ON ticket (status, priority, first_answer_at, created_at);

-- The figure that was reckoned for a ticket's author, to see later whether it was kept.
CREATE TABLE expectation (
  ticket   INTEGER NOT NULL PRIMARY KEY REFERENCES ticket (number),
  snapshot INTEGER NOT NULL,                  -- the instant of the figures it comes from
  cases    INTEGER NOT NULL,                  -- requests it was compared with
  half     TEXT    NOT NULL,                  -- half have an answer within this, rounded, as JSON
  due      INTEGER NOT NULL,                  -- eight of ten have one before this instant
  told     INTEGER NOT NULL                   -- 1: the answer says so
) STRICT;
CREATE INDEX expectation_due ON expectation (due);

-- What is told of the past: a person's words, and every letter that only a person causes.
UPDATE ticket SET first_answer_at = (
  SELECT min(at) FROM (
    SELECT e.at AS at FROM entry e WHERE e.ticket = number AND e.kind = 'answer'
    UNION ALL
    SELECT o.created_at FROM outbox o WHERE o.ticket = number AND o.occurrence IS NULL
      AND (o.kind IN ('reply', 'resolved', 'closed', 'reopened', 'accepted', 'upheld')
           OR (o.kind IN ('rejection', 'question') AND o.dedupe_key NOT LIKE 'ack:%'))));
UPDATE ticket SET
  awaits_since = CASE WHEN answer <> 'suppressed' AND NOT EXISTS (
      SELECT 1 FROM outbox o WHERE o.dedupe_key = 'ack:' || number AND o.kind = 'rejection')
    THEN created_at END,
  opened_priority = coalesce((SELECT json_extract(t.body, '$.verdict.priority') FROM trace t
    WHERE t.letter = ticket.letter AND json_valid(t.body)), priority),
  opened_category = coalesce((SELECT json_extract(t.body, '$.verdict.category') FROM trace t
    WHERE t.letter = ticket.letter AND json_valid(t.body)), category);
