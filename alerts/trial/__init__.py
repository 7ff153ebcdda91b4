"""Try before you trust: unit tests of rules, and rules put to the history that is kept."""
