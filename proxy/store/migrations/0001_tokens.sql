-- Values that tokens stand for, sealed: nothing here can be read without the keys,
-- which are in a file of their own.
CREATE TABLE tokens (
	scope        BLOB    NOT NULL, -- 16 bytes, keyed hash of who sent it
	kind         TEXT    NOT NULL, -- EMAIL of [EMAIL_7Q2K9F3M4TXC]
	code         INTEGER NOT NULL, -- its 60 bits
	conversation BLOB    NOT NULL, -- 16 bytes, keyed hash; empty when it was not known
	mark         BLOB    NOT NULL, -- 16 bytes, keyed hash of the value: tells two of one token
	key          INTEGER NOT NULL, -- the key that sealed it
	sealed       BLOB    NOT NULL, -- empty when two values had one token: none is restored
	used         INTEGER NOT NULL, -- unix seconds at which it was last sent
	PRIMARY KEY (scope, kind, code)
) WITHOUT ROWID;
CREATE INDEX tokens_used ON tokens (used);
