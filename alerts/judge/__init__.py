"""Judgement: pure, in event time, over columns of committed readings."""
