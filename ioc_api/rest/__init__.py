"""The HTTP interface, a module per subject."""
