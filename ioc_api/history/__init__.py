"""Questions about history: what is asked, what it may cost, where it is read from, and how it is answered."""
