"""One module a contender: it imports what that contender needs, and no more, for that is taken off its memory."""
