"""The database's history: each revision one file, only forward, with its tables' walls."""
