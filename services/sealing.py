"""Sealing (加密): a county's keys for phone and identity numbers; the text stands nowhere else."""
