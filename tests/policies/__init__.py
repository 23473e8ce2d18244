"""Who may do what, as a table and as Casbin itself answers."""
