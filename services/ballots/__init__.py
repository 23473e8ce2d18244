"""Ballots (选票): cast by sign-in or entered from paper, sealed until they are counted."""
