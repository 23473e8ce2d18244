"""The revisions, in the order of their numbers; drafted by `make migration`, then read and kept."""
