//! A store of every schema that was released is brought to the newest, with mail that waits in it.
