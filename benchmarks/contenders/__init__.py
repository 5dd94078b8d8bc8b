"""A module for each contender. It imports only what that contender needs: imports are subtracted from its memory."""
