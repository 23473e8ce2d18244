"""What happens and when: the tables, rules and commands of each capability."""
