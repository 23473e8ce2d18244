"""Votes of the owners (业主共同决定): noticed, held on a frozen roll, counted, settled.

`tally` is the count itself, a pure function; `rules` what a county decides of it.
"""
