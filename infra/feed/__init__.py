"""From committed batches to the live state: the bus, its gaps, and history at the start."""
