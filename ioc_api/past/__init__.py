"""The time machine: a past hour or night again, on a clock of its own, through the topics of the live socket."""
