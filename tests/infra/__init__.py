"""Where it runs: the database, its walls, the settings and the command line."""
